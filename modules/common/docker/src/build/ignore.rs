//! `.dockerignore`: which paths of a build context stay behind.
//!
//! Source: the Dockerfile reference, ".dockerignore file", and the behaviour of `docker build`. The patterns are Go's
//! `filepath.Match` with `**` for any number of folders; the last one that matches decides; `!` makes an exception; and
//! what matches a folder matches everything in it.

/// The patterns of a `.dockerignore`, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ignore {
    patterns: Vec<Pattern>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Pattern {
    exception: bool,
    /// As cleaned, slash by slash.
    parts: Vec<String>,
    tokens: Vec<Token>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Char(char),
    /// `?`: any one but a slash.
    One,
    /// `*`: any number but of slashes.
    Many,
    /// `**/`: nothing, or any number of folders.
    Folders,
    /// `**` at the end, or before plain text at the start: anything.
    Anything,
    /// `[a-z]`, `[^a]`.
    Class {
        negated: bool,
        ranges: Vec<(char, char)>,
    },
}

/// Which patterns a folder matched, so that they count for what is in it.
#[derive(Debug, Clone, Default)]
pub struct Matched(Vec<bool>);

impl Ignore {
    /// Reads the text of a `.dockerignore`.
    ///
    /// # Errors
    /// The number of the line whose pattern is malformed, and the pattern.
    pub fn parse(text: &str) -> Result<Ignore, (usize, String)> {
        let mut patterns = Vec::new();
        for (number, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
            let pattern = line.trim();
            // A comment's mark stands at the very start of the line.
            if line.starts_with('#') || pattern.is_empty() {
                continue;
            }
            patterns.push(Pattern::parse(pattern).ok_or_else(|| (number + 1, pattern.to_owned()))?);
        }
        Ok(Ignore { patterns })
    }

    /// Whether `path` (relative, with slashes) stays behind. `parent` is what this function gave for its folder.
    pub fn ignores(&self, path: &str, parent: &Matched) -> (bool, Matched) {
        let text: Vec<char> = path.chars().collect();
        let mut ignored = false;
        let mut matched = vec![false; self.patterns.len()];
        for (at, pattern) in self.patterns.iter().enumerate() {
            let inherited = parent.0.get(at).copied().unwrap_or(false);
            // A pattern that can't turn the verdict is not looked at, and does not count below either.
            if !inherited && pattern.exception != ignored {
                continue;
            }
            if inherited || matches(&pattern.tokens, &text) {
                matched[at] = true;
                ignored = !pattern.exception;
            }
        }
        (ignored, Matched(matched))
    }

    /// Whether an exception may bring back something in the folder `path`, which itself stays behind.
    pub fn has_exception_below(&self, path: &str) -> bool {
        let possible = |pattern: &&Pattern| {
            for (part, name) in pattern.parts.iter().zip(path.split('/')) {
                if part.contains("**") {
                    return true;
                }
                let name: Vec<char> = name.chars().collect();
                if !tokens(part).is_some_and(|tokens| matches(&tokens, &name)) {
                    return false;
                }
            }
            true
        };
        self.patterns.iter().filter(|pattern| pattern.exception).any(|pattern| possible(&pattern))
    }
}

impl Pattern {
    fn parse(text: &str) -> Option<Pattern> {
        let (exception, text) = match text.strip_prefix('!') {
            Some(rest) => (true, rest.trim()),
            None => (false, text),
        };
        let parts = cleaned(text);
        if parts.is_empty() && text.is_empty() {
            return None;
        }
        let tokens = tokens(&parts.join("/"))?;
        Some(Pattern { exception, parts, tokens })
    }
}

/// The parts of a path without `.`, `..` and doubled slashes. Patterns are below the context, so a slash at the start
/// says nothing.
fn cleaned(path: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| last != "..") => {
                parts.pop();
            }
            ".." if path.starts_with('/') => {}
            part => parts.push(part.to_owned()),
        }
    }
    parts
}

/// `None`: the pattern is malformed.
fn tokens(pattern: &str) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut rest = pattern.chars().peekable();
    while let Some(letter) = rest.next() {
        tokens.push(match letter {
            '*' if rest.peek() == Some(&'*') => {
                rest.next();
                let folder = rest.next_if_eq(&'/').is_some();
                // Docker takes `**x` for "ends in x" where only plain text follows, and for `**/x` otherwise.
                let ends_in = tokens.is_empty() && !folder && !rest.clone().any(|letter| "*?[]\\".contains(letter));
                if rest.peek().is_none() || ends_in { Token::Anything } else { Token::Folders }
            }
            '*' => Token::Many,
            '?' => Token::One,
            '\\' => Token::Char(rest.next()?),
            '[' => class(&mut rest)?,
            letter => Token::Char(letter),
        });
    }
    Some(tokens)
}

/// The rest of a class, after its bracket.
fn class(rest: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<Token> {
    let negated = rest.next_if_eq(&'^').is_some();
    let mut ranges = Vec::new();
    loop {
        let low = match rest.next()? {
            ']' if !ranges.is_empty() => return Some(Token::Class { negated, ranges }),
            ']' | '-' => return None,
            '\\' => rest.next()?,
            letter => letter,
        };
        let high = match rest.next_if_eq(&'-') {
            None => low,
            Some(_) => match rest.next()? {
                ']' | '-' => return None,
                '\\' => rest.next()?,
                letter => letter,
            },
        };
        ranges.push((low, high));
    }
}

fn matches(tokens: &[Token], text: &[char]) -> bool {
    let Some((token, tokens)) = tokens.split_first() else {
        return text.is_empty();
    };
    let one = |fits: &dyn Fn(char) -> bool| match text.split_first() {
        Some((&letter, text)) => fits(letter) && matches(tokens, text),
        None => false,
    };
    match token {
        Token::Char(wanted) => one(&|letter| letter == *wanted),
        Token::One => one(&|letter| letter != '/'),
        Token::Class { negated, ranges } => {
            one(&|letter| ranges.iter().any(|&(low, high)| (low..=high).contains(&letter)) != *negated)
        }
        Token::Many => {
            let end = text.iter().position(|&letter| letter == '/').unwrap_or(text.len());
            (0..=end).any(|at| matches(tokens, &text[at..]))
        }
        Token::Folders => {
            matches(tokens, text) || (0..text.len()).any(|at| text[at] == '/' && matches(tokens, &text[at + 1..]))
        }
        Token::Anything => (0..=text.len()).any(|at| matches(tokens, &text[at..])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The verdict on a path, its folders looked at first as a walk does.
    fn ignores(patterns: &str, path: &str) -> bool {
        let ignore = Ignore::parse(patterns).unwrap();
        let (mut verdict, mut matched) = (false, Matched::default());
        for (at, _) in path.match_indices('/').chain([(path.len(), "")]) {
            (verdict, matched) = ignore.ignores(&path[..at], &matched);
        }
        verdict
    }

    #[test]
    fn paths_stay_behind_as_with_docker() {
        for (patterns, stay, come) in [
            ("*.log", &["a.log", "a.log/inner"][..], &["dir/a.log", "a.logs"][..]),
            ("**/*.log", &["a.log", "x/a.log", "x/y/a.log"], &["a.txt"]),
            ("**", &["a", "a/b"], &[]),
            ("**/", &["a", "a/b"], &[]),
            ("**/**", &["a", "a/b/c"], &[]),
            ("dir/**", &["dir/a", "dir/a/b"], &["dir", "other"]),
            ("dir", &["dir", "dir/a", "dir/a/b"], &["x/dir", "dirs"]),
            ("/dir/", &["dir/a"], &["x/dir"]),
            ("./a/../b", &["b"], &["a"]),
            ("**/dir", &["dir", "x/dir", "x/y/dir", "x/dir/file"], &["xdir"]),
            ("**file", &["file", "x/file", "myfile"], &["files"]),
            ("**file*", &["file1", "x/file1"], &["myfile1"]),
            ("a**/*.txt", &["a/f.txt", "a/d/f.txt", "a/d/d/f.txt"], &["b/f.txt"]),
            ("a/*.txt", &["a/f.txt"], &["a/d/f.txt"]),
            ("a?c", &["abc", "a\u{263a}c"], &["ac", "a/c"]),
            ("a[b-d]e", &["ace"], &["aae", "ae"]),
            ("a[^b-d]e", &["aze"], &["ace"]),
            ("[\\]a]", &["]", "a"], &["b"]),
            ("a\\*b", &["a*b"], &["axb"]),
            ("a(b).|)$(}+{c", &["a(b).|)$(}+{c"], &["ab"]),
            (".*", &[".git", ".git/config"], &["git"]),
            ("docs\n!docs/README.md", &["docs/a", "docs"], &["docs/README.md"]),
            ("docs/*\n!docs/README.md", &["docs/a"], &["docs/README.md", "docs"]),
            ("**\n!a/b", &["a", "a/c"], &["a/b", "a/b/c"]),
            ("**\n!a/b\na/b/c", &["a/b/c", "x"], &["a/b", "a/b/d"]),
            ("*.md\n!README*.md\nREADME-secret.md", &["x.md", "README-secret.md"], &["README.md"]),
            ("!a\na", &["a"], &[]),
            ("\u{feff}# comment\n\n  spaced  \n#also", &["spaced"], &["#also", "# comment"]),
            ("! a \n", &[], &["a"]),
            ("\\#a", &["#a"], &[]),
            ("a\r\nb\r\n", &["a", "b"], &[]),
        ] {
            for path in stay {
                assert!(ignores(patterns, path), "{path:?} comes along, against {patterns:?}");
            }
            for path in come {
                assert!(!ignores(patterns, path), "{path:?} stays behind, against {patterns:?}");
            }
        }
    }

    #[test]
    fn malformed_patterns_are_named_by_their_line() {
        for pattern in ["[", "a[", "[]a]", "[-]", "[x-]", "[a-b-c]", "[^", "[^bc", "\\", "!"] {
            assert_eq!(Ignore::parse(&format!("# first\n{pattern}")), Err((2, pattern.to_owned())));
        }
    }

    #[test]
    fn a_folder_is_entered_only_for_an_exception_that_may_be_in_it() {
        let ignore = Ignore::parse("**\n!a/b/*.txt\n!x*/y").unwrap();
        assert!(["a", "a/b", "a/b/c.txt", "x", "xx"].into_iter().all(|path| ignore.has_exception_below(path)));
        assert!(!["b", "a/c", "y"].into_iter().any(|path| ignore.has_exception_below(path)));
        assert!(Ignore::parse("*\n!**/keep").unwrap().has_exception_below("any/where"));
        assert!(!Ignore::parse("*").unwrap().has_exception_below("a"));
    }
}
