//! The expressions of an inventory file: the part of Jinja's that groups and names need.
//!
//! Source: Jinja's "Template Designer Documentation", expressions. Anything else is refused when the file is read, so
//! that it never means something else than it does in Ansible.

mod evaluate;
mod parse;
mod token;

use serde_json::{Map, Value};

pub use self::evaluate::text;

/// An expression that was understood.
#[derive(Clone, Debug, PartialEq)]
pub enum Expression {
    Literal(Value),
    Name(String),
    List(Vec<Expression>),
    /// `a.b` and `a['b']`
    Item(Box<Expression>, Box<Expression>),
    /// `a[1:]`
    Slice(Box<Expression>, Option<Box<Expression>>, Option<Box<Expression>>),
    Not(Box<Expression>),
    And(Box<Expression>, Box<Expression>),
    Or(Box<Expression>, Box<Expression>),
    Compare(Box<Expression>, Comparison, Box<Expression>),
    /// `a ~ b`
    Join(Box<Expression>, Box<Expression>),
    /// `a + b`
    Add(Box<Expression>, Box<Expression>),
    /// `then if condition else otherwise`
    If(Box<Expression>, Box<Expression>, Option<Box<Expression>>),
    /// `a | filter(…)` and `a.method(…)`, where they do the same
    Call(Box<Expression>, Function, Vec<Expression>),
    /// `a is defined`
    IsDefined(Box<Expression>),
    /// `a is none`
    IsNone(Box<Expression>),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Comparison {
    Equal,
    Less,
    LessOrEqual,
    In,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Function {
    Default,
    Lower,
    Upper,
    Strip,
    StripLeft,
    StripRight,
    Replace,
    StartsWith,
    EndsWith,
    Split,
    Length,
    First,
    Last,
    JoinAll,
    Int,
    Text,
    Bool,
    Get,
    Keys,
    Values,
}

impl Expression {
    /// # Errors
    /// It is none, or uses what this program does not know.
    pub fn parse(text: &str) -> Result<Expression, String> {
        parse::expression(token::tokens(text)?)
    }

    /// The value, among these variables.
    ///
    /// # Errors
    /// A variable is not there, or a value is not of the kind that is needed.
    pub fn value(&self, variables: &Map<String, Value>) -> Result<Value, String> {
        evaluate::value(self, variables)
    }

    /// Whether it holds.
    ///
    /// # Errors
    /// As [`Expression::value`]; and, as in Ansible since 2.19, it is neither true nor false.
    pub fn holds(&self, variables: &Map<String, Value>) -> Result<bool, String> {
        match self.value(variables)? {
            Value::Bool(answer) => Ok(answer),
            other => Err(format!("a condition must be true or false, and this is {other}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn evaluated(text: &str) -> Result<Value, String> {
        let variables = json!({
            "name": "/web", "labels": {"app": "shop", "a.b/c": "x", "empty": ""}, "ports": [1, 2, 3], "count": 2,
            "flag": true, "nothing": null, "host": {"NetworkMode": "lan"},
        });
        Expression::parse(text)?.value(variables.as_object().unwrap())
    }

    #[test]
    fn what_is_known() {
        for (text, value) in [
            ("host.NetworkMode", json!("lan")),
            ("labels['a.b/c']", json!("x")),
            ("name[1:]", json!("web")),
            ("ports[-1] == 3 and ports[0:2] == [1, 2]", json!(true)),
            ("'foo' in labels or \"app\" in labels", json!(true)),
            ("not 'foo' in labels", json!(true)),
            ("'foo' not in labels", json!(true)),
            ("name.startswith(\"/w\") and not name.endswith('x')", json!(true)),
            ("labels.app ~ '-' ~ count", json!("shop-2")),
            ("labels.none | default('x') | upper", json!("X")),
            ("labels.empty | default('x')", json!("")),
            ("labels.empty | default('x', true)", json!("x")),
            ("none.of.it | default('x')", json!("x")),
            ("labels.none is defined", json!(false)),
            ("labels.none is not defined and labels.app is defined", json!(true)),
            ("nothing is none", json!(true)),
            ("'yes' if flag else 'no'", json!("yes")),
            ("'yes' if count > 2 else 'no'", json!("no")),
            ("count + 1", json!(3)),
            ("'a' + 'b'", json!("ab")),
            ("labels.get('none', 'x')", json!("x")),
            ("(name | replace('/', '')).upper()", json!("WEB")),
            ("'a,b'.split(',') | first", json!("a")),
            ("ports | join('-')", json!("1-2-3")),
            ("'8080' | int + 1", json!(8081)),
            ("true != false", json!(true)),
            ("count >= 2 and 1.5 < count", json!(true)),
            ("labels.keys() | length", json!(3)),
        ] {
            assert_eq!(evaluated(text), Ok(value), "{text}");
        }
    }

    #[test]
    fn what_is_refused() {
        for (text, reason) in [
            ("", "ends too early"),
            ("a b", "`b`"),
            ("a |", "ends too early"),
            ("a | regex_replace('x', 'y')", "`regex_replace`"),
            ("a.format(1)", "`format`"),
            ("lookup('env', 'X')", "`(`"),
            ("a * 2", "`*`"),
            ("a is match('x')", "`match`"),
            ("'open", "quote"),
            ("(a", "ends too early"),
            ("{{ a }}", "`{`"),
        ] {
            let error = Expression::parse(text).unwrap_err();
            assert!(error.contains(reason), "{text}: {error}");
        }
        let error = evaluated("nobody.x").unwrap_err();
        assert!(error.contains("`nobody.x` is undefined"), "{error}");
    }
}
