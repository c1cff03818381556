//! Whether a Dockerfile needs BuildKit: the engine's own builder does not know some of what the language has by now.
//!
//! Source: the Dockerfile reference, which marks what needs which version of the syntax.

/// Flags of instructions that only BuildKit knows.
const FLAGS: &[(&str, &[&str])] = &[
    ("RUN", &["--mount", "--network", "--security", "--device"]),
    ("COPY", &["--link", "--chmod", "--parents", "--exclude"]),
    ("ADD", &["--link", "--chmod", "--checksum", "--keep-git-dir", "--exclude", "--unpack"]),
];

/// Build arguments that BuildKit sets by itself. To the engine's own builder they are empty, which builds something else
/// than was meant without a word.
const AUTOMATIC: &[&str] = &[
    "TARGETPLATFORM",
    "TARGETOS",
    "TARGETARCH",
    "TARGETVARIANT",
    "BUILDPLATFORM",
    "BUILDOS",
    "BUILDARCH",
    "BUILDVARIANT",
];

/// The first thing in the text that needs BuildKit, such as `line 3: RUN --mount`; `None` when nothing does.
pub fn needs_buildkit(text: &str) -> Option<String> {
    let escape = escape_letter(text);
    let mut lines = text.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let mut instruction = line.to_owned();
        while instruction.ends_with(escape) {
            instruction.pop();
            // Comments and empty lines between do not end an instruction.
            let next =
                lines.by_ref().map(|(_, line)| line.trim()).find(|line| !line.is_empty() && !line.starts_with('#'));
            match next {
                Some(next) => instruction = format!("{} {next}", instruction.trim_end()),
                None => break,
            }
        }
        if let Some(what) = in_instruction(&instruction) {
            return Some(format!("line {}: {what}", number + 1));
        }
    }
    None
}

fn in_instruction(instruction: &str) -> Option<String> {
    let mut words = instruction.split_whitespace();
    let mut name = words.next()?.to_uppercase();
    if name == "ONBUILD" {
        name = words.next()?.to_uppercase();
    }
    if let "ARG" | "FROM" = name.as_str() {
        return words.find_map(|word| automatic(&name, word)).map(|argument| format!("{name} {argument}"));
    }
    let (_, flags) = FLAGS.iter().find(|(known, _)| *known == name)?;
    let mut words = words.peekable();
    while let Some(flag) = words.next_if(|word| word.starts_with("--")) {
        let flag = flag.split('=').next().unwrap_or(flag);
        if flags.contains(&flag) {
            return Some(format!("{name} {flag}"));
        }
    }
    words.any(starts_here_document).then(|| format!("{name} <<"))
}

/// The argument that BuildKit sets, in `ARG TARGETARCH` or `FROM --platform=$BUILDPLATFORM`. One with a default is the
/// user's own.
fn automatic(instruction: &str, word: &str) -> Option<&'static str> {
    AUTOMATIC.iter().copied().find(|name| match instruction {
        "ARG" => word == *name,
        _ => word.split('$').skip(1).any(|rest| {
            let rest = rest.strip_prefix('{').unwrap_or(rest);
            rest.strip_prefix(name).is_some_and(|after| !after.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
        }),
    })
}

/// `<<EOF`, `<<-EOF`, `<<"EOF"`, `3<<EOF`; not a shell's `<<<` or `$((1<<2))`.
fn starts_here_document(word: &str) -> bool {
    let word = word.trim_start_matches(|letter: char| letter.is_ascii_digit());
    let Some(rest) = word.strip_prefix("<<") else { return false };
    let rest = rest.strip_prefix('-').unwrap_or(rest);
    rest.trim_start_matches(['"', '\'']).starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '_')
}

/// The letter that continues a line: the backslash, or what the directive `escape` says at the top of the file.
fn escape_letter(text: &str) -> char {
    for line in text.lines() {
        let Some((key, value)) = line.trim().strip_prefix('#').and_then(|line| line.split_once('=')) else { break };
        if key.trim().eq_ignore_ascii_case("escape") {
            return value.trim().chars().next().unwrap_or('\\');
        }
    }
    '\\'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_needs_buildkit_is_found() {
        for (text, found) in [
            ("FROM a\nRUN --mount=type=cache,target=/x make", "line 2: RUN --mount"),
            ("FROM a\nrun \\\n  # why\n\n  --network=none \\\n make", "line 2: RUN --network"),
            ("FROM a\nCOPY --chown=1:1 --link a b", "line 2: COPY --link"),
            ("FROM a\nADD --checksum=sha256:00 http://x /x", "line 2: ADD --checksum"),
            ("FROM a\nRUN <<EOF\necho\nEOF", "line 2: RUN <<"),
            ("FROM a\nCOPY <<-\"EOF\" /x\nEOF", "line 2: COPY <<"),
            ("FROM a\nONBUILD RUN --mount=type=tmpfs,target=/x make", "line 2: RUN --mount"),
            ("FROM --platform=$BUILDPLATFORM a AS b", "line 1: FROM BUILDPLATFORM"),
            ("FROM a:${TARGETARCH:-x}", "line 1: FROM TARGETARCH"),
            ("FROM a\nARG V=1 TARGETOS", "line 2: ARG TARGETOS"),
            ("# escape=`\nFROM a\nRUN `\n --mount=type=ssh x", "line 3: RUN --mount"),
        ] {
            assert_eq!(needs_buildkit(text).as_deref(), Some(found), "{text}");
        }
    }

    #[test]
    fn what_the_engine_builds_itself_is_left_to_it() {
        for text in [
            "# syntax=docker/dockerfile:1\nARG V\nFROM --platform=linux/amd64 a:$V AS b\nRUN echo --mount=x",
            "FROM a\nCOPY --from=b --chown=1 a b\nCMD [\"x\"]\nHEALTHCHECK --interval=1s CMD true",
            "FROM a\nRUN cat <<<x && echo $((1 << 2)) $((1<<2))",
            "ARG TARGETARCH=amd64\nFROM a:$TARGETARCHIVE\nRUN echo $TARGETARCH",
            "FROM a\n# RUN --mount=x\nENV A=\"RUN --mount\"",
            "RUN \\",
            "",
        ] {
            assert_eq!(needs_buildkit(text), None, "{text}");
        }
    }
}
