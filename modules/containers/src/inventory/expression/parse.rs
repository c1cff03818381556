//! From words to an expression. Jinja's order: or, and, not, comparison, `+`, `~`, then filters and items.

use serde_json::{Value, json};

use super::token::Token;
use super::{Comparison, Expression, Function};

/// # Errors
/// It is none.
pub fn expression(tokens: Vec<Token>) -> Result<Expression, String> {
    let mut words = Words { tokens, at: 0 };
    let expression = words.condition()?;
    match words.peek() {
        None => Ok(expression),
        Some(token) => Err(unknown(token)),
    }
}

fn unknown(token: &Token) -> String {
    format!("`{token}` is not known here")
}

struct Words {
    tokens: Vec<Token>,
    at: usize,
}

type Parsed = Result<Expression, String>;

impl Words {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn next(&mut self) -> Result<Token, String> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token.ok_or_else(|| "it ends too early".to_owned())
    }

    /// Takes the sign or word, if it comes next.
    fn takes(&mut self, wanted: &str) -> bool {
        let found = match self.peek() {
            Some(Token::Sign(sign)) => *sign == wanted,
            Some(Token::Word(word)) => word == wanted,
            _ => false,
        };
        self.at += usize::from(found);
        found
    }

    fn needs(&mut self, wanted: &str) -> Result<(), String> {
        if self.takes(wanted) {
            return Ok(());
        }
        self.next().and_then(|token| Err(unknown(&token)))
    }

    fn condition(&mut self) -> Parsed {
        let then = self.or()?;
        if !self.takes("if") {
            return Ok(then);
        }
        let condition = self.or()?;
        let otherwise = if self.takes("else") { Some(Box::new(self.condition()?)) } else { None };
        Ok(Expression::If(Box::new(then), Box::new(condition), otherwise))
    }

    fn or(&mut self) -> Parsed {
        let mut left = self.and()?;
        while self.takes("or") {
            left = Expression::Or(Box::new(left), Box::new(self.and()?));
        }
        Ok(left)
    }

    fn and(&mut self) -> Parsed {
        let mut left = self.not()?;
        while self.takes("and") {
            left = Expression::And(Box::new(left), Box::new(self.not()?));
        }
        Ok(left)
    }

    fn not(&mut self) -> Parsed {
        if self.takes("not") { Ok(Expression::Not(Box::new(self.not()?))) } else { self.comparison() }
    }

    fn comparison(&mut self) -> Parsed {
        let mut left = self.sum()?;
        loop {
            let negated = self.takes("not");
            let (comparison, swapped, inverted) = match self.peek() {
                Some(Token::Word(word)) if word == "in" => (Comparison::In, false, false),
                _ if negated => return self.needs("in").map(|()| left),
                Some(Token::Sign("==")) => (Comparison::Equal, false, false),
                Some(Token::Sign("!=")) => (Comparison::Equal, false, true),
                Some(Token::Sign("<")) => (Comparison::Less, false, false),
                Some(Token::Sign("<=")) => (Comparison::LessOrEqual, false, false),
                Some(Token::Sign(">")) => (Comparison::Less, true, false),
                Some(Token::Sign(">=")) => (Comparison::LessOrEqual, true, false),
                _ => return Ok(left),
            };
            self.at += 1;
            let right = self.sum()?;
            let (first, second) = if swapped { (right, left) } else { (left, right) };
            left = Expression::Compare(Box::new(first), comparison, Box::new(second));
            if negated || inverted {
                left = Expression::Not(Box::new(left));
            }
        }
    }

    fn sum(&mut self) -> Parsed {
        let mut left = self.joined()?;
        while self.takes("+") {
            left = Expression::Add(Box::new(left), Box::new(self.joined()?));
        }
        Ok(left)
    }

    fn joined(&mut self) -> Parsed {
        let mut left = self.filtered()?;
        while self.takes("~") {
            left = Expression::Join(Box::new(left), Box::new(self.filtered()?));
        }
        Ok(left)
    }

    /// A value with its items, calls, filters and tests.
    fn filtered(&mut self) -> Parsed {
        let mut left = self.primary()?;
        loop {
            left = if self.takes(".") {
                let Token::Word(name) = self.next()? else { return Err("a name must follow the dot".to_owned()) };
                if self.takes("(") {
                    let function = method(&name).ok_or_else(|| format!("the method `{name}` is not known here"))?;
                    Expression::Call(Box::new(left), function, self.list(")")?)
                } else {
                    Expression::Item(Box::new(left), Box::new(Expression::Literal(name.into())))
                }
            } else if self.takes("[") {
                self.subscript(left)?
            } else if self.takes("|") {
                let name = self.next()?;
                let function =
                    filter(&name.to_string()).ok_or_else(|| format!("the filter `{name}` is not known here"))?;
                let arguments = if self.takes("(") { self.list(")")? } else { vec![] };
                Expression::Call(Box::new(left), function, arguments)
            } else if self.takes("is") {
                self.test(left)?
            } else {
                return Ok(left);
            };
        }
    }

    fn subscript(&mut self, left: Expression) -> Parsed {
        let left = Box::new(left);
        let start = if self.takes(":") { None } else { Some(Box::new(self.condition()?)) };
        if let Some(start) = start.clone()
            && !self.takes(":")
        {
            self.needs("]")?;
            return Ok(Expression::Item(left, start));
        }
        let end = if self.takes("]") { None } else { Some(Box::new(self.condition()?)) };
        if end.is_some() {
            self.needs("]")?;
        }
        Ok(Expression::Slice(left, start, end))
    }

    fn test(&mut self, left: Expression) -> Parsed {
        let negated = self.takes("not");
        let (left, name) = (Box::new(left), self.next()?);
        let (test, inverted) = match name.to_string().as_str() {
            "defined" => (Expression::IsDefined(left), false),
            "undefined" => (Expression::IsDefined(left), true),
            "none" => (Expression::IsNone(left), false),
            _ => return Err(format!("the test `{name}` is not known here")),
        };
        Ok(if negated == inverted { test } else { Expression::Not(Box::new(test)) })
    }

    fn primary(&mut self) -> Parsed {
        Ok(match self.next()? {
            Token::Text(text) => Expression::Literal(text.into()),
            Token::Number(digits) => Expression::Literal(number(&digits)?),
            Token::Word(word) => match word.as_str() {
                "true" | "True" => Expression::Literal(true.into()),
                "false" | "False" => Expression::Literal(false.into()),
                "none" | "None" if !matches!(self.peek(), Some(Token::Sign("."))) => Expression::Literal(Value::Null),
                _ => Expression::Name(word),
            },
            Token::Sign("(") => {
                let inner = self.condition()?;
                self.needs(")")?;
                inner
            }
            Token::Sign("[") => Expression::List(self.list("]")?),
            Token::Sign("-") => match self.next()? {
                Token::Number(digits) => Expression::Literal(number(&format!("-{digits}"))?),
                other => return Err(unknown(&other)),
            },
            other => return Err(unknown(&other)),
        })
    }

    /// What stands up to `end`, with commas between.
    fn list(&mut self, end: &str) -> Result<Vec<Expression>, String> {
        let mut items = Vec::new();
        while !self.takes(end) {
            items.push(self.condition()?);
            if !self.takes(",") {
                self.needs(end)?;
                break;
            }
        }
        Ok(items)
    }
}

fn number(digits: &str) -> Result<Value, String> {
    let whole = digits.parse::<i64>().map(|number| json!(number));
    whole.or_else(|_| digits.parse::<f64>().map(|number| json!(number))).map_err(|_| format!("`{digits}` is no number"))
}

fn method(name: &str) -> Option<Function> {
    Some(match name {
        "lower" => Function::Lower,
        "upper" => Function::Upper,
        "strip" => Function::Strip,
        "lstrip" => Function::StripLeft,
        "rstrip" => Function::StripRight,
        "replace" => Function::Replace,
        "startswith" => Function::StartsWith,
        "endswith" => Function::EndsWith,
        "split" => Function::Split,
        "get" => Function::Get,
        "keys" => Function::Keys,
        "values" => Function::Values,
        _ => return None,
    })
}

fn filter(name: &str) -> Option<Function> {
    Some(match name {
        "default" | "d" => Function::Default,
        "lower" => Function::Lower,
        "upper" => Function::Upper,
        "trim" => Function::Strip,
        "replace" => Function::Replace,
        "split" => Function::Split,
        "length" | "count" => Function::Length,
        "first" => Function::First,
        "last" => Function::Last,
        "join" => Function::JoinAll,
        "int" => Function::Int,
        "string" => Function::Text,
        "bool" => Function::Bool,
        _ => return None,
    })
}
