//! What may be a password: long enough, not common, not made of what everybody knows about its owner. No rule about
//! kinds of characters, and none about age (NIST SP 800-63B-4, section 3.1.1.2).

use super::{filter, normal};

/// The most characters of a password.
pub const MOST_CHARACTERS: usize = 256;
/// What a password may carry besides a common word or its owner's name and still be that.
const ADDED: usize = 4;
/// Shorter words are too often part of good passwords.
const LEAST_WORD: usize = 4;

/// 150,000 common passwords of eight characters or more, as a filter; NOTICE says whose list.
static COMMON: &[u8] = include_bytes!("../../data/common-passwords.bloom");

/// What stands beside the password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// Nothing: the password is the only factor. 15 characters at least.
    Alone,
    /// A second factor is always asked for. 8 characters at least.
    WithSecondFactor,
}

/// The rule for one person's password.
#[derive(Clone, Debug)]
pub struct PasswordRule<'a> {
    /// What stands beside it.
    pub used: Use,
    /// Words that must not make up the password: user name, names, e-mail address, the clinic's name, the product's.
    pub known: &'a [&'a str],
}

/// Why a text may not be a password; each says so to the person.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// Too few characters.
    #[error("use at least {0} characters")]
    Short(usize),
    /// Too many.
    #[error("use at most {0} characters")]
    Long(usize),
    /// On the list of common passwords, or one of them with little added.
    #[error("this is one of the passwords that attackers try first")]
    Common,
    /// Little more than a word that belongs to the person, the clinic or the product.
    #[error("this is little more than \"{0}\", which others know about you")]
    Known(String),
    /// One character, or a short piece, again and again.
    #[error("this repeats the same few characters")]
    Repeats,
    /// Neighbours in the alphabet or on the keyboard.
    #[error("this follows the alphabet or the keyboard")]
    Sequence,
}

impl Use {
    const fn least(self) -> usize {
        match self {
            Self::Alone => 15,
            Self::WithSecondFactor => 8,
        }
    }
}

impl PasswordRule<'_> {
    /// All that speaks against a password; nothing when it may be used.
    pub fn flaws(&self, password: &str) -> Vec<Flaw> {
        if password.chars().count() > MOST_CHARACTERS {
            return vec![Flaw::Long(MOST_CHARACTERS)];
        }
        let text = normal(password);
        let folded = zeroize::Zeroizing::new(text.to_lowercase());
        let mut flaws = Vec::new();
        let least = self.used.least();
        if text.chars().count() < least {
            flaws.push(Flaw::Short(least));
        }
        if is_common(&folded) {
            flaws.push(Flaw::Common);
        }
        let letters: Vec<char> = folded.chars().collect();
        if repeats(&letters) {
            flaws.push(Flaw::Repeats);
        }
        if is_sequence(&letters) {
            flaws.push(Flaw::Sequence);
        }
        let known = self
            .known
            .iter()
            .flat_map(|k| words(k))
            .find(|w| is_mostly(&folded, w));
        flaws.extend(known.map(Flaw::Known));
        flaws
    }
}

/// On the list, or so once up to four digits or signs at its end are taken off.
fn is_common(folded: &str) -> bool {
    let bare = folded.trim_end_matches(|c: char| !c.is_alphabetic());
    let added = folded.chars().count().saturating_sub(bare.chars().count());
    filter::holds(COMMON, folded) || (added <= ADDED && filter::holds(COMMON, bare))
}

/// The words of a name or an address, and the whole without what parts them.
fn words(known: &str) -> Vec<String> {
    let folded = normal(known).to_lowercase();
    let parts = folded.split(|c: char| !c.is_alphanumeric());
    let mut all: Vec<String> = parts.map(str::to_owned).collect();
    all.push(all.concat());
    all.retain(|w| w.chars().count() >= LEAST_WORD);
    all.sort_by_key(|w| std::cmp::Reverse(w.len()));
    all
}

/// Whether taking the word out leaves next to nothing.
fn is_mostly(folded: &str, word: &str) -> bool {
    let rest = folded.replace(word, "");
    let rest = rest.chars().filter(|c| c.is_alphanumeric()).count();
    folded.contains(word) && rest <= ADDED
}

/// A piece of at most four characters repeated to the end.
fn repeats(letters: &[char]) -> bool {
    (1..=4).any(|size| {
        letters.len() > size
            && letters
                .iter()
                .zip(letters.iter().skip(size))
                .all(|(a, b)| a == b)
    })
}

/// Each character next to the one before, up or down, in the alphabet or on a row of keys; two breaks are allowed.
fn is_sequence(letters: &[char]) -> bool {
    const ROWS: [&str; 6] = [
        "qwertyuiop",
        "asdfghjkl",
        "zxcvbnm",
        "qwertzuiop",
        "yxcvbnm",
        "azertyuiop",
    ];
    let on_row = |a: char, b: char| {
        ROWS.iter().any(|row| {
            let at = |c| row.chars().position(|k| k == c);
            matches!((at(a), at(b)), (Some(x), Some(y)) if x.abs_diff(y) == 1)
        })
    };
    let beside = |a: char, b: char| {
        let tens = matches!((a, b), ('9', '0') | ('0', '9'));
        u32::from(a).abs_diff(u32::from(b)) == 1 || tens || on_row(a, b)
    };
    let pairs = letters.iter().zip(letters.iter().skip(1));
    let breaks = pairs.filter(|(a, b)| !beside(**a, **b)).count();
    letters.len() >= 6 && breaks <= 2
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: PasswordRule<'_> = PasswordRule {
        used: Use::WithSecondFactor,
        known: &[
            "ada.quillfeather@northgate.example",
            "Northgate Family Practice",
            "Aceso",
        ],
    };

    fn check(password: &str, expected: &[Flaw]) {
        assert_eq!(RULE.flaws(password), expected, "{password}");
    }

    #[test]
    fn n1_asvs_6_2_1_asvs_6_2_5_asvs_6_2_9_length_is_the_only_rule_of_form() {
        for good in [
            "hvorfor ikke snø",
            "lkwdufgh",
            "        a b c d",
            "пароль-с-горы",
            "正確な馬電池ホチキス止め",
            "ONLY CAPITAL WORDS HERE",
            "8302751946201847",
        ] {
            check(good, &[]);
        }
        check("kwduf42", &[Flaw::Short(8)]);
        let alone = PasswordRule {
            used: Use::Alone,
            known: &[],
        };
        assert_eq!(alone.flaws("lkwdufghvnxlso"), [Flaw::Short(15)]);
        assert_eq!(alone.flaws("lkwdufghvnxlsop"), []);
        let long = "kq7 ".repeat(64);
        assert!(!RULE.flaws(&long).contains(&Flaw::Long(256)));
        assert_eq!(RULE.flaws(&format!("{long}x")), [Flaw::Long(256)]);
    }

    #[test]
    fn ha5_n2_asvs_6_2_4_asvs_6_2_12_common_passwords_are_refused_with_their_usual_trimmings() {
        for bad in [
            "Password",
            "PASSWORD1!",
            "sunshine2024",
            "iloveyou",
            "trustno1",
            "baseball99!",
            "liverpool",
        ] {
            check(bad, &[Flaw::Common]);
        }
    }

    #[test]
    fn n2_asvs_6_2_11_what_everybody_knows_about_the_owner_is_no_password() {
        check("Quillfeather1815", &[Flaw::Known("quillfeather".into())]);
        check("ada.quillfeather!", &[Flaw::Known("quillfeather".into())]);
        check("northgate-2026", &[Flaw::Known("northgate".into())]);
        check("my aceso!", &[Flaw::Known("aceso".into())]);
        check("the northgate bus leaves late", &[]);
    }

    #[test]
    fn n2_repeats_and_sequences_are_no_passwords() {
        check("zqzqzqzqzqzq", &[Flaw::Repeats]);
        check("ööööööööö", &[Flaw::Repeats]);
        check("hgfedcbazyx", &[Flaw::Sequence]);
        check("lkjhgfdsapoiu", &[Flaw::Sequence]);
        check("23456789012", &[Flaw::Sequence]);
    }

    #[test]
    fn n2_few_good_passwords_are_refused_by_mistake() {
        let made =
            (0..20_000).map(|n: u64| format!("{:x}-good", n.wrapping_mul(0x9e37_79b9_7f4a_7c15)));
        let refused = made.filter(|p| is_common(p)).count();
        assert!(refused <= 3, "{refused} of 20,000");
    }
}
