//! The body of `add-checkpoint`: `old SIZE`, the lines of a proof, an empty line, the signed head.

use aceso_vault::tree::{Hash, hash_from, hash_text};

/// The most lines of a proof (C2SP tlog-witness).
const MOST: usize = 63;

/// What a witness is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddCheckpoint {
    /// The size that the witness has seen last, as far as the log knows.
    pub old: u64,
    /// The proof that the head begins with that log.
    pub proof: Vec<Hash>,
    /// The head, a signed note.
    pub note: String,
}

/// A body of another form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the body is not of the form that C2SP tlog-witness has for add-checkpoint")]
pub struct FormError;

impl AddCheckpoint {
    /// Reads a body.
    pub fn parse(body: &str) -> Result<Self, FormError> {
        let (head, note) = body.split_once("\n\n").ok_or(FormError)?;
        let mut lines = head.lines();
        let old = lines.next().and_then(|line| line.strip_prefix("old "));
        let old = old.and_then(|n| n.parse().ok().filter(|o: &u64| o.to_string() == n));
        let proof: Vec<Hash> = lines
            .map(|line| hash_from(line).ok_or(FormError))
            .collect::<Result<_, _>>()?;
        if proof.len() > MOST {
            return Err(FormError);
        }
        Ok(Self {
            old: old.ok_or(FormError)?,
            proof,
            note: note.to_owned(),
        })
    }

    /// Writes it.
    pub fn body(&self) -> String {
        let mut body = format!("old {}\n", self.old);
        for hash in &self.proof {
            body.push_str(&hash_text(hash));
            body.push('\n');
        }
        body.push('\n');
        body.push_str(&self.note);
        body
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_read_as_it_is_written_and_no_other() {
        let asked = AddCheckpoint {
            old: 7,
            proof: vec![[1; 32], [2; 32]],
            note: "log\n9\nroot\n\n— log sig\n".to_owned(),
        };
        assert_eq!(AddCheckpoint::parse(&asked.body()), Ok(asked.clone()));
        let none = AddCheckpoint {
            proof: Vec::new(),
            old: 0,
            ..asked.clone()
        };
        assert_eq!(AddCheckpoint::parse(&none.body()), Ok(none));
        let long = AddCheckpoint {
            proof: vec![[1; 32]; 64],
            ..asked
        };
        for body in [
            "",
            "old 7\n",
            "old 07\n\nx",
            "old -1\n\nx",
            "new 7\n\nx",
            "old 7\nAAAA\n\nx",
            &long.body(),
        ] {
            assert_eq!(AddCheckpoint::parse(body), Err(FormError), "{body}");
        }
    }
}
