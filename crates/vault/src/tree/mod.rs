//! The Merkle tree over a log that is only appended to: hashes as RFC 6962, section 2.1, has them, proofs that an entry is
//! in it and that it only grew, and its head as a signed note (C2SP tlog-checkpoint).

mod cosign;
mod head;
mod note_key;
mod proof;

pub use cosign::WitnessKey;
pub use head::{Head, HeadError, HeadKey, HeadSigner, hash_from, hash_text};
pub use proof::{consistency, consistent, included, inclusion};

use crate::sha256_chain;

/// A hash of the tree.
pub type Hash = [u8; 32];

/// The hash of a leaf whose data are these parts, one after the other.
pub fn leaf(parts: &[&[u8]]) -> Hash {
    let mut whole = crate::Sha256::default();
    whole.update(&[0]);
    for part in parts {
        whole.update(part);
    }
    whole.finish()
}

/// The hash of an inner node.
pub fn node(left: &Hash, right: &Hash) -> Hash {
    sha256_chain(&[&[1], left, right])
}

/// The root of the tree without leaves.
pub fn empty() -> Hash {
    sha256_chain(&[])
}

/// The right edge of a tree: the roots of its complete subtrees, the largest first. All that appending needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edge {
    size: u64,
    peaks: Vec<Hash>,
}

impl Edge {
    /// The edge of a tree of this size from the roots of its complete subtrees, the largest first; none when their number
    /// is not that of the size's binary ones.
    pub fn new(size: u64, peaks: Vec<Hash>) -> Option<Self> {
        let ones = usize::try_from(size.count_ones()).ok()?;
        (peaks.len() == ones).then_some(Self { size, peaks })
    }

    /// How many leaves there are.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The roots of its complete subtrees, the largest first.
    pub fn peaks(&self) -> &[Hash] {
        &self.peaks
    }

    /// Appends a leaf. `done` is told each subtree that it completes: its height (1: two leaves) and its root.
    pub fn push(&mut self, leaf: Hash, done: &mut dyn FnMut(u32, &Hash)) {
        let mut root = leaf;
        for height in 1..=self.size.trailing_ones() {
            let Some(left) = self.peaks.pop() else {
                break;
            };
            root = node(&left, &root);
            done(height, &root);
        }
        self.peaks.push(root);
        self.size += 1;
    }

    /// The root of the tree.
    pub fn root(&self) -> Hash {
        fold(&self.peaks)
    }
}

/// The root over complete subtrees, the largest first.
fn fold(peaks: &[Hash]) -> Hash {
    let mut from_right = peaks.iter().rev();
    let Some(last) = from_right.next() else {
        return empty();
    };
    from_right.fold(*last, |right, left| node(left, &right))
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) use aceso_base::hex;

    /// The roots of RFC 6962's reference implementation over its eight test leaves.
    #[test]
    fn roots_are_those_of_the_reference_implementation() {
        let leaves: [&[u8]; 8] = [
            b"",
            b"\x00",
            b"\x10",
            b"\x20\x21",
            b"\x30\x31",
            b"\x40\x41\x42\x43",
            b"\x50\x51\x52\x53\x54\x55\x56\x57",
            b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
        ];
        let roots = [
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        ];
        let mut edge = Edge::default();
        assert_eq!(
            hex(&edge.root()),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
        for (data, root) in leaves.into_iter().zip(roots) {
            edge.push(leaf(&[data]), &mut |_, _| {});
            assert_eq!(hex(&edge.root()), root);
        }
    }

    #[test]
    fn an_edge_goes_on_from_its_parts_and_not_from_others() {
        let mut edge = Edge::default();
        for n in 0..11_u8 {
            edge.push(leaf(&[&[n]]), &mut |_, _| {});
        }
        let mut again = Edge::new(11, edge.peaks.clone()).unwrap();
        again.push(leaf(&[b"x"]), &mut |_, _| {});
        edge.push(leaf(&[b"x"]), &mut |_, _| {});
        assert_eq!(edge, again);
        assert_eq!(Edge::new(12, edge.peaks[1..].to_vec()), None);
    }
}
