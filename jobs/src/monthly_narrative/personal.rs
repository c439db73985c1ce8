//! Personal data in a text: patterns, and card numbers by their check digit.

use super::code::Code;
use super::rulebook::Rulebook;

/// The kinds of personal data that `text` holds.
#[must_use]
pub fn found(text: &str, rules: &Rulebook) -> Vec<Code> {
    // A pattern that gives up on a text (its engine bounds the work) has not shown the text to be clean.
    let matched = rules.pii.iter().filter(|(_, pattern)| pattern.is_match(text).unwrap_or(true));
    matched.map(|&(code, _)| code).chain(has_card(text).then_some(Code::PiiCard)).collect()
}

/// Whether there are 13 to 19 digits, single blanks or hyphens between them and no digit on either side, whose check digit
/// (Luhn) is right.
fn has_card(text: &str) -> bool {
    let bytes = text.as_bytes();
    let starts =
        (0..bytes.len()).filter(|&at| bytes[at].is_ascii_digit() && (at == 0 || !bytes[at - 1].is_ascii_digit()));
    starts.into_iter().any(|start| card_at(bytes, start))
}

fn card_at(bytes: &[u8], start: usize) -> bool {
    let mut digits = Vec::with_capacity(19);
    let mut at = start;
    while digits.len() < 19 && at < bytes.len() {
        match bytes[at] {
            digit @ b'0'..=b'9' => digits.push(digit - b'0'),
            b' ' | b'-' if bytes.get(at + 1).is_some_and(u8::is_ascii_digit) => {
                at += 1;
                continue;
            }
            _ => break,
        }
        at += 1;
        let ends = !bytes.get(at).is_some_and(u8::is_ascii_digit);
        if ends && digits.len() >= 13 && luhn(&digits) {
            return true;
        }
    }
    false
}

/// Whether the last digit is the check digit of those before it.
fn luhn(digits: &[u8]) -> bool {
    let doubled = |digit: u8| if digit > 4 { 2 * digit - 9 } else { 2 * digit };
    let sum: u32 = digits.iter().rev().zip(0..).map(|(&d, i)| u32::from(if i % 2 == 1 { doubled(d) } else { d })).sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_is_told_by_its_check_digit() {
        for card in ["4111111111111111", "4111 1111 1111 1111", "x4111-1111-1111-1111.", "12 4111 1111 1111 1111"] {
            assert!(has_card(card), "{card}");
        }
        for other in ["4111 1111 1111 1112", "4111  1111 1111 1111", "41111111111111110000", "411111111111", ""] {
            assert!(!has_card(other), "{other}");
        }
    }
}
