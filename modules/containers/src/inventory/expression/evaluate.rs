//! What an expression is worth, as Python and Jinja see its values.

use serde_json::{Map, Value, json};

use super::{Comparison, Expression, Function};

type Variables = Map<String, Value>;

/// # Errors
/// Something is undefined, or not of the kind that is needed.
pub fn value(expression: &Expression, variables: &Variables) -> Result<Value, String> {
    evaluate(expression, variables)?.ok_or_else(|| undefined(expression))
}

fn undefined(expression: &Expression) -> String {
    match path(expression) {
        Some(path) => format!("`{path}` is undefined"),
        None => "the value is undefined".to_owned(),
    }
}

fn path(expression: &Expression) -> Option<String> {
    match expression {
        Expression::Name(name) => Some(name.clone()),
        Expression::Item(of, item) => match &**item {
            Expression::Literal(name) => Some(format!("{}.{}", path(of)?, text(name))),
            _ => None,
        },
        _ => None,
    }
}

/// `None`: undefined, which only `default` and `is defined` can stand.
fn evaluate(expression: &Expression, variables: &Variables) -> Result<Option<Value>, String> {
    let is = |expression: &Expression| value(expression, variables);
    let holds = |expression: &Expression| is(expression).map(|value| truth(&value));
    Ok(Some(match expression {
        Expression::Literal(value) => value.clone(),
        Expression::Name(name) => return Ok(variables.get(name).cloned()),
        Expression::List(items) => items.iter().map(is).collect::<Result<_, _>>()?,
        // What is missing in what is missing is missing too, as in Ansible.
        Expression::Item(of, item) => match evaluate(of, variables)? {
            Some(of) => return Ok(at(&of, &is(item)?)),
            None => return Ok(None),
        },
        Expression::Slice(of, start, end) => {
            let bound = |bound: &Option<Box<Expression>>| bound.as_deref().map(&is).transpose();
            slice(is(of)?, bound(start)?, bound(end)?)?
        }
        Expression::Not(inner) => json!(!holds(inner)?),
        // As in Python the value itself, not whether it holds.
        Expression::And(one, other) => {
            let one = is(one)?;
            if truth(&one) { is(other)? } else { one }
        }
        Expression::Or(one, other) => {
            let one = is(one)?;
            if truth(&one) { one } else { is(other)? }
        }
        Expression::Compare(one, comparison, other) => json!(compare(&is(one)?, *comparison, &is(other)?)?),
        Expression::Join(one, other) => json!(text(&is(one)?) + &text(&is(other)?)),
        Expression::Add(one, other) => add(is(one)?, is(other)?)?,
        Expression::If(then, condition, otherwise) => match (holds(condition)?, otherwise) {
            (true, _) => is(then)?,
            (false, Some(otherwise)) => is(otherwise)?,
            (false, None) => return Ok(None),
        },
        Expression::IsDefined(inner) => json!(evaluate(inner, variables)?.is_some()),
        Expression::IsNone(inner) => json!(is(inner)?.is_null()),
        Expression::Call(of, Function::Default, arguments) => {
            let also_false = arguments.get(1).map(holds).transpose()?.unwrap_or(false);
            match (evaluate(of, variables)?, arguments.first()) {
                (Some(value), _) if !also_false || truth(&value) => value,
                (_, Some(otherwise)) => is(otherwise)?,
                (_, None) => json!(""),
            }
        }
        Expression::Call(of, function, arguments) => {
            let arguments = arguments.iter().map(is).collect::<Result<Vec<_>, _>>()?;
            return call(is(of)?, *function, &arguments);
        }
    }))
}

/// What Python takes for true.
pub fn truth(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(answer) => *answer,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(map) => !map.is_empty(),
    }
}

/// As Python writes it.
pub fn text(value: &Value) -> String {
    match value {
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The item of that name or number; negative numbers count from the end.
fn at(of: &Value, item: &Value) -> Option<Value> {
    match (of, item) {
        (Value::Object(map), Value::String(name)) => map.get(name).cloned(),
        (Value::Array(items), Value::Number(_)) => items.get(place(item.as_i64()?, items.len())?).cloned(),
        (Value::String(text), Value::Number(_)) => {
            let letters: Vec<char> = text.chars().collect();
            letters.get(place(item.as_i64()?, letters.len())?).map(|letter| json!(letter))
        }
        _ => None,
    }
}

fn place(number: i64, length: usize) -> Option<usize> {
    let length = i64::try_from(length).ok()?;
    usize::try_from(if number < 0 { number + length } else { number }).ok()
}

fn slice(of: Value, start: Option<Value>, end: Option<Value>) -> Result<Value, String> {
    let bounds = |length: usize| {
        let bound = |given: &Option<Value>, otherwise: usize| match given.as_ref().map(Value::as_i64) {
            None => Ok(otherwise),
            Some(Some(number)) => Ok(place(number, length).unwrap_or(0).min(length)),
            Some(None) => Err("a part is named by numbers".to_owned()),
        };
        let (start, end) = (bound(&start, 0)?, bound(&end, length)?);
        Ok::<_, String>(start..end.max(start))
    };
    match of {
        Value::String(text) => {
            let letters: Vec<char> = text.chars().collect();
            Ok(json!(letters[bounds(letters.len())?].iter().collect::<String>()))
        }
        Value::Array(items) => Ok(json!(items[bounds(items.len())?])),
        other => Err(format!("{other} has no parts")),
    }
}

fn compare(one: &Value, comparison: Comparison, other: &Value) -> Result<bool, String> {
    let order = || match (one, other) {
        (Value::Number(one), Value::Number(other)) => one.as_f64().partial_cmp(&other.as_f64()),
        (Value::String(one), Value::String(other)) => Some(one.cmp(other)),
        _ => None,
    };
    let refused = || format!("{one} and {other} can't be compared");
    match comparison {
        Comparison::Equal => Ok(one == other || order().is_some_and(std::cmp::Ordering::is_eq)),
        Comparison::Less => order().map(std::cmp::Ordering::is_lt).ok_or_else(refused),
        Comparison::LessOrEqual => order().map(std::cmp::Ordering::is_le).ok_or_else(refused),
        Comparison::In => match (one, other) {
            (Value::String(part), Value::String(text)) => Ok(text.contains(part.as_str())),
            (Value::String(key), Value::Object(map)) => Ok(map.contains_key(key)),
            (item, Value::Array(items)) => Ok(items.contains(item)),
            _ => Err(format!("{one} can't be looked for in {other}")),
        },
    }
}

fn add(one: Value, other: Value) -> Result<Value, String> {
    match (one, other) {
        (Value::String(one), Value::String(other)) => Ok(json!(one + &other)),
        (Value::Array(one), Value::Array(other)) => Ok(one.into_iter().chain(other).collect()),
        (one, other) => match (one.as_i64(), other.as_i64(), one.as_f64(), other.as_f64()) {
            (Some(one), Some(other), ..) => Ok(json!(one.saturating_add(other))),
            (.., Some(one), Some(other)) => Ok(json!(one + other)),
            _ => Err(format!("{one} and {other} can't be added")),
        },
    }
}

fn call(of: Value, function: Function, arguments: &[Value]) -> Result<Option<Value>, String> {
    let argument = |number: usize| arguments.get(number).map(text);
    let needed = |number: usize| argument(number).ok_or_else(|| "an argument is missing".to_owned());
    let letters = || argument(0).unwrap_or_else(|| " \t\r\n".to_owned());
    let items = |value: &Value| match value {
        Value::Array(items) => Ok(items.clone()),
        Value::Object(map) => Ok(map.keys().map(|key| json!(key)).collect()),
        Value::String(text) => Ok(text.chars().map(|letter| json!(letter)).collect()),
        other => Err(format!("{other} has no items")),
    };
    let map = |value: &Value| match value {
        Value::Object(map) => Ok(map.clone()),
        other => Err(format!("{other} has no keys")),
    };
    Ok(Some(match function {
        Function::Lower => json!(text(&of).to_lowercase()),
        Function::Upper => json!(text(&of).to_uppercase()),
        Function::Strip => json!(text(&of).trim_matches(|letter| letters().contains(letter))),
        Function::StripLeft => json!(text(&of).trim_start_matches(|letter| letters().contains(letter))),
        Function::StripRight => json!(text(&of).trim_end_matches(|letter| letters().contains(letter))),
        Function::Replace => json!(text(&of).replace(&needed(0)?, &needed(1)?)),
        Function::StartsWith => json!(text(&of).starts_with(&needed(0)?)),
        Function::EndsWith => json!(text(&of).ends_with(&needed(0)?)),
        Function::Split => match argument(0) {
            Some(separator) if !separator.is_empty() => json!(text(&of).split(&separator).collect::<Vec<_>>()),
            _ => json!(text(&of).split_whitespace().collect::<Vec<_>>()),
        },
        Function::Length => json!(items(&of)?.len()),
        Function::First => return Ok(items(&of)?.into_iter().next()),
        Function::Last => return Ok(items(&of)?.into_iter().next_back()),
        Function::JoinAll => {
            json!(items(&of)?.iter().map(text).collect::<Vec<_>>().join(&argument(0).unwrap_or_default()))
        }
        Function::Int => {
            let number = of.as_i64().or_else(|| of.as_f64().map(|number| number as i64));
            json!(number.or_else(|| text(&of).trim().parse().ok()).unwrap_or(0))
        }
        Function::Text => json!(text(&of)),
        Function::Bool => json!(["yes", "on", "1", "true"].contains(&text(&of).to_lowercase().as_str())),
        Function::Get => {
            let found = map(&of)?.get(&needed(0)?).cloned();
            found.unwrap_or_else(|| arguments.get(1).cloned().unwrap_or_default())
        }
        Function::Keys => map(&of)?.keys().map(|key| json!(key)).collect(),
        Function::Values => map(&of)?.into_iter().map(|(_, value)| value).collect(),
        // It has to see what is undefined, so it is not called.
        Function::Default => of,
    }))
}
