//! Dicts written as Python literals: `{'a': 1, 'b': [True, None]}`, which is what Jinja prints of a dict.
//!
//! Source: Python's language reference, "Lexical analysis" (string and number literals) and "Dictionary displays".
//! Absent, and refused: what JSON can't hold (bytes, complex numbers, sets).

use serde_json::{Map, Number, Value};

use crate::python;

/// Nesting beyond this is refused, as JSON's parser does it.
const DEPTH: usize = 128;

/// The dict that a literal stands for.
pub(super) fn dict(text: &str) -> Option<Map<String, Value>> {
    let mut reader = Reader { rest: text, depth: 0 };
    let value = reader.value()?;
    reader.blanks();
    match value {
        Value::Object(map) if reader.rest.is_empty() => Some(map),
        _ => None,
    }
}

struct Reader<'a> {
    rest: &'a str,
    depth: usize,
}

impl Reader<'_> {
    fn blanks(&mut self) {
        loop {
            self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r', '\u{c}']);
            if !self.rest.starts_with('#') {
                return;
            }
            self.rest = self.rest.find('\n').map_or("", |end| &self.rest[end..]);
        }
    }

    /// Takes `word` when it comes next.
    fn takes(&mut self, word: &str) -> bool {
        self.blanks();
        match self.rest.strip_prefix(word) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn value(&mut self) -> Option<Value> {
        self.blanks();
        self.depth += 1;
        if self.depth > DEPTH {
            return None;
        }
        let value = match self.rest.chars().next()? {
            '{' => self.braces()?.into(),
            '[' => self.items('[', ']')?.0.into(),
            '(' => match self.items('(', ')')? {
                (mut items, false) if items.len() == 1 => items.pop()?,
                (items, _) => items.into(),
            },
            '-' | '+' => {
                let negative = self.rest.starts_with('-');
                self.rest = &self.rest[1..];
                self.blanks();
                let operand = self.number()?;
                if negative { negated(&operand)? } else { operand }
            }
            '0'..='9' | '.' => self.number()?,
            _ => match self.string() {
                Some(text) => text.into(),
                None => self.name()?,
            },
        };
        self.depth -= 1;
        Some(value)
    }

    fn name(&mut self) -> Option<Value> {
        let end = self.rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        self.rest = rest;
        match name {
            "None" => Some(Value::Null),
            "True" => Some(true.into()),
            "False" => Some(false.into()),
            _ => None,
        }
    }

    fn braces(&mut self) -> Option<Map<String, Value>> {
        let mut map = Map::new();
        self.takes("{");
        while !self.takes("}") {
            let key = key(&self.value()?)?;
            if !self.takes(":") {
                return None;
            }
            let value = self.value()?;
            map.insert(key, value);
            if !self.takes(",") {
                return self.takes("}").then_some(map);
            }
        }
        Some(map)
    }

    /// The items of a list or tuple, and whether a comma was among them.
    fn items(&mut self, open: char, close: char) -> Option<(Vec<Value>, bool)> {
        let mut items = Vec::new();
        let mut comma = false;
        self.takes(open.encode_utf8(&mut [0; 4]));
        let close = close.to_string();
        while !self.takes(&close) {
            items.push(self.value()?);
            if !self.takes(",") {
                // `()` is a tuple; `(1)` is not.
                return self.takes(&close).then_some((items, comma));
            }
            comma = true;
        }
        comma |= items.is_empty();
        Some((items, comma))
    }

    fn number(&mut self) -> Option<Value> {
        let mut end = 0;
        for (at, c) in self.rest.char_indices() {
            let exponent_sign = (c == '+' || c == '-')
                && self.rest[..at].ends_with(['e', 'E'])
                && !self.rest.starts_with("0x")
                && !self.rest.starts_with("0X");
            if !(c.is_alphanumeric() || c == '.' || c == '_' || exponent_sign) {
                break;
            }
            end = at + c.len_utf8();
        }
        let (text, rest) = self.rest.split_at(end);
        self.rest = rest;
        let well_placed = !text.ends_with('_') && !text.contains("__") && !text.starts_with('_');
        let digits = text.replace('_', "").to_ascii_lowercase();
        if !well_placed {
            return None;
        }
        for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] {
            if let Some(digits) = digits.strip_prefix(prefix) {
                return u64::from_str_radix(digits, radix).ok().map(Value::from);
            }
        }
        if digits.bytes().all(|byte| byte.is_ascii_digit()) {
            let octal_of_old = digits.starts_with('0') && digits.bytes().any(|byte| byte != b'0');
            return if octal_of_old { None } else { digits.parse::<u64>().ok().map(Value::from) };
        }
        if !digits.bytes().all(|byte| byte.is_ascii_digit() || b".e+-".contains(&byte)) {
            return None;
        }
        digits.parse().ok().and_then(Number::from_f64).map(Value::from)
    }

    /// One string, or several side by side, which are one.
    fn string(&mut self) -> Option<String> {
        let mut text = self.one_string()?;
        loop {
            let before = self.rest;
            self.blanks();
            match self.one_string() {
                Some(more) => text.push_str(&more),
                None => {
                    self.rest = before;
                    return Some(text);
                }
            }
        }
    }

    fn one_string(&mut self) -> Option<String> {
        let body = self.rest.trim_start_matches(['r', 'R', 'u', 'U']);
        let prefix = &self.rest[..self.rest.len() - body.len()];
        if prefix.len() > 1 || !body.starts_with(['\'', '"']) {
            return None;
        }
        let raw = prefix.eq_ignore_ascii_case("r");
        let mark = &body[..1];
        let long = mark.repeat(3);
        let mark = if body.starts_with(&long) { long.as_str() } else { mark };
        let mut rest = &body[mark.len()..];
        let mut text = String::new();
        loop {
            if let Some(after) = rest.strip_prefix(mark) {
                self.rest = after;
                return Some(text);
            }
            let c = rest.chars().next()?;
            rest = &rest[c.len_utf8()..];
            match c {
                '\n' if mark.len() == 1 => return None,
                '\\' if raw => {
                    let next = rest.chars().next()?;
                    text.extend([c, next]);
                    rest = &rest[next.len_utf8()..];
                }
                '\\' => rest = escape(rest, &mut text)?,
                c => text.push(c),
            }
        }
    }
}

/// Reads what follows a backslash; gives what is left.
fn escape<'a>(rest: &'a str, text: &mut String) -> Option<&'a str> {
    let c = rest.chars().next()?;
    let after = &rest[c.len_utf8()..];
    let coded = |digits: usize| {
        let code = after.get(..digits).filter(|code| code.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
        Some((char::from_u32(u32::from_str_radix(code, 16).ok()?)?, &after[digits..]))
    };
    let (c, after) = match c {
        '\n' => return Some(after),
        '\\' | '\'' | '"' => (c, after),
        'a' => ('\u{7}', after),
        'b' => ('\u{8}', after),
        'f' => ('\u{c}', after),
        'n' => ('\n', after),
        'r' => ('\r', after),
        't' => ('\t', after),
        'v' => ('\u{b}', after),
        'x' => coded(2)?,
        'u' => coded(4)?,
        'U' => coded(8)?,
        // Named characters would need Unicode's list of names.
        'N' => return None,
        '0'..='7' => {
            let length = rest.bytes().take(3).take_while(|byte| (b'0'..=b'7').contains(byte)).count();
            (char::from_u32(u32::from_str_radix(&rest[..length], 8).ok()?)?, &rest[length..])
        }
        other => {
            text.push('\\');
            (other, after)
        }
    };
    text.push(c);
    Some(after)
}

fn negated(operand: &Value) -> Option<Value> {
    match operand {
        Value::Number(number) if number.is_f64() => Number::from_f64(-number.as_f64()?).map(Value::from),
        Value::Number(_) => i64::try_from(-python::integer(operand)?).ok().map(Value::from),
        _ => None,
    }
}

/// A key as JSON writes it: what is no string becomes one.
fn key(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Null | Value::Bool(_) => Some(value.to_string()),
        Value::Number(number) => Some(python::number_text(number)),
        Value::Array(_) | Value::Object(_) => None,
    }
}
