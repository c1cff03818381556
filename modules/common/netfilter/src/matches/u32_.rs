//! `u32`: any bits of the packet, as text in iptables' own spelling.

use crate::extension::{Extension, Given, Syntax, needs};
use crate::value::number;
use crate::word::Line;
use crate::{Invalid, Test};

/// `-m u32`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct U32 {
    /// The tests, without spaces and with hexadecimal numbers.
    pub tests: Test<String>,
}

impl Extension for U32 {
    const SYNTAX: Syntax = Syntax { name: "u32", options: &[(&["--u32"], 1)] };

    fn read(given: &mut Given<'_>) -> Result<Option<U32>, Invalid> {
        let tests = given.test("--u32", spelled)?;
        Ok(Some(U32 { tests: tests.ok_or_else(|| needs("u32", "`--u32`"))? }))
    }

    fn write(&self, line: &mut Line) {
        line.flag(self.tests.not, "--u32");
        line.quoted(&self.tests.value);
    }
}

/// The tests as iptables prints them.
fn spelled(text: &str) -> Result<String, Invalid> {
    let mut out = String::new();
    let mut digits = String::new();
    let flush = |digits: &mut String, out: &mut String| -> Result<(), Invalid> {
        if !digits.is_empty() {
            let value: u32 = number(digits)?;
            out.push_str(&format!("{value:#x}"));
            digits.clear();
        }
        Ok(())
    };
    for c in text.chars() {
        match c {
            'x' | 'X' | '0'..='9' | 'a'..='f' | 'A'..='F' => digits.push(c),
            '&' | '=' | ':' | ',' | '>' | '<' | '@' => {
                flush(&mut digits, &mut out)?;
                out.push(c);
            }
            c if c.is_whitespace() => flush(&mut digits, &mut out)?,
            _ => {
                let fix = "write it as iptables-extensions(8) shows, as \"6&0xFF=1\"";
                return Err(Invalid::new(format!("{c:?} has no meaning in {text:?}"), fix));
            }
        }
    }
    flush(&mut digits, &mut out)?;
    Ok(out)
}
