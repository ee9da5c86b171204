//! What differs between two texts, line by line.

/// A line of one text, of the other, or of both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Line<'a> {
    Both(&'a str),
    Old(&'a str),
    New(&'a str),
}

/// The lines of both in order, by a longest common subsequence. For files of some thousand lines: it takes room for each pair.
pub(super) fn lines<'a>(old: &'a str, new: &'a str) -> Vec<Line<'a>> {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let common = common(&old, &new);
    let length = |at: usize, to: usize| common.get(at).and_then(|row| row.get(to)).copied();
    let (mut at, mut to) = (0, 0);
    let mut found = Vec::new();
    loop {
        match (old.get(at), new.get(to)) {
            (None, None) => return found,
            (Some(one), Some(other)) if one == other => {
                found.push(Line::Both(one));
                (at, to) = (at + 1, to + 1);
            }
            (Some(one), other) if other.is_none() || length(at + 1, to) >= length(at, to + 1) => {
                found.push(Line::Old(one));
                at += 1;
            }
            (_, Some(other)) => {
                found.push(Line::New(other));
                to += 1;
            }
            (Some(one), None) => {
                found.push(Line::Old(one));
                at += 1;
            }
        }
    }
}

/// How many lines the rest of both have in common, from each line of the one and of the other.
fn common(old: &[&str], new: &[&str]) -> Vec<Vec<u32>> {
    let mut rows = vec![vec![0; new.len() + 1]];
    for one in old.iter().rev() {
        let mut row = vec![0];
        let below = rows.last().into_iter().flatten().copied().rev();
        // From the end: what is below, and what is below and to the right.
        let pairs = below.clone().skip(1).zip(below);
        for (other, (down, across)) in new.iter().rev().zip(pairs) {
            let right = row.last().copied().unwrap_or_default();
            row.push(if one == other {
                across + 1
            } else {
                right.max(down)
            });
        }
        row.reverse();
        rows.push(row);
    }
    rows.reverse();
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(old: &str, new: &str, expected: &str) {
        let shown: Vec<String> = lines(old, new)
            .into_iter()
            .map(|line| match line {
                Line::Both(text) => format!(" {text}"),
                Line::Old(text) => format!("-{text}"),
                Line::New(text) => format!("+{text}"),
            })
            .collect();
        assert_eq!(shown.join("\n"), expected);
    }

    #[test]
    fn what_both_have_stays_and_the_rest_is_told_in_order() {
        check("", "", "");
        check("a\nb", "a\nb", " a\n b");
        check("a\nb\nc", "a\nc", " a\n-b\n c");
        check("a\nc", "a\nb\nc\nd", " a\n+b\n c\n+d");
        check("x\na\nb", "a\ny\nb", "-x\n a\n+y\n b");
        check("a", "b", "-a\n+b");
        check("", "a", "+a");
    }
}
