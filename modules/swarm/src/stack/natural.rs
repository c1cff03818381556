//! The order of names that have numbers in them: `web.2` before `web.10`.

use std::cmp::Ordering;

/// Compares letter by letter, but runs of digits by their value.
pub fn natural(left: &str, right: &str) -> Ordering {
    let (mut left, mut right) = (left, right);
    loop {
        let (digits, others) = (run(left), run(right));
        if digits > 0 && others > 0 {
            let (number, other) = (left[..digits].trim_start_matches('0'), right[..others].trim_start_matches('0'));
            let order = number.len().cmp(&other.len()).then_with(|| number.cmp(other)).then(digits.cmp(&others));
            if order != Ordering::Equal {
                return order;
            }
            (left, right) = (&left[digits..], &right[others..]);
            continue;
        }
        let (mut letters, mut rights) = (left.chars(), right.chars());
        match (letters.next(), rights.next()) {
            (Some(letter), Some(other)) if letter == other => (left, right) = (letters.as_str(), rights.as_str()),
            (letter, other) => return letter.cmp(&other),
        }
    }
}

fn run(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_count_as_numbers() {
        let mut names = ["b", "a.10", "a.2", "a.2b", "a", "", "a.02", "é.1"];
        names.sort_by(|left, right| natural(left, right));
        assert_eq!(names, ["", "a", "a.2", "a.2b", "a.02", "a.10", "b", "é.1"]);
    }
}
