//! A command line split into words, as a POSIX shell (and Python's `shlex.split`) does it.

/// Splits `line`: blanks separate, `'…'` takes everything literally, `"…"` all but `\"` and `\\`, `\` the next
/// character. `#` starts no comment.
///
/// # Errors
/// An open quote, or a `\` at the end.
pub fn split_words(line: &str) -> Result<Vec<String>, &'static str> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match c {
            c if c.is_ascii_whitespace() => words.extend(word.take()),
            '\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next().ok_or("no closing quotation")? {
                        '\'' => break,
                        c => word.push(c),
                    }
                }
            }
            '"' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next().ok_or("no closing quotation")? {
                        '"' => break,
                        '\\' => match chars.next().ok_or("no escaped character")? {
                            c @ ('"' | '\\') => word.push(c),
                            c => word.extend(['\\', c]),
                        },
                        c => word.push(c),
                    }
                }
            }
            '\\' => word.get_or_insert_default().push(chars.next().ok_or("no escaped character")?),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words() {
        for (line, wanted) in [
            ("sleep 10m", Ok(vec!["sleep", "10m"])),
            (r#"/bin/sh -c "echo 'a b'; sleep 1""#, Ok(vec!["/bin/sh", "-c", "echo 'a b'; sleep 1"])),
            (r#"a"b"'c' \d "\n\"""#, Ok(vec!["abc", "d", r#"\n""#])),
            ("echo #1 ''", Ok(vec!["echo", "#1", ""])),
            ("", Ok(vec![])),
            ("it's", Err("no closing quotation")),
            ("end\\", Err("no escaped character")),
        ] {
            assert_eq!(split_words(line), wanted.map(|words| words.into_iter().map(str::to_owned).collect()), "{line}");
        }
    }
}
