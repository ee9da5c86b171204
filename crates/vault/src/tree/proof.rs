//! Proofs (RFC 6962, sections 2.1.1 and 2.1.2) and their check (RFC 9162, sections 2.1.3.2 and 2.1.4.2).

use super::{Hash, fold, node};

/// The proof that leaf `index` is in the tree of `size` leaves; `complete(height, n)` gives the root of the `n`th complete
/// subtree of 2^height leaves. Empty when there is no such leaf.
pub fn inclusion<E>(
    index: u64,
    size: u64,
    complete: &mut dyn FnMut(u32, u64) -> Result<Hash, E>,
) -> Result<Vec<Hash>, E> {
    let mut proof = Vec::new();
    let (mut from, mut to) = (0, size);
    if index >= size {
        return Ok(proof);
    }
    while to - from > 1 {
        let middle = from + split(to - from);
        if index < middle {
            proof.push(range(middle, to, complete)?);
            to = middle;
        } else {
            proof.push(range(from, middle, complete)?);
            from = middle;
        }
    }
    proof.reverse();
    Ok(proof)
}

/// The proof that the tree of `size` leaves begins with the tree of `old` leaves. Empty when `old` is 0 or not less than
/// `size`.
pub fn consistency<E>(
    old: u64,
    size: u64,
    complete: &mut dyn FnMut(u32, u64) -> Result<Hash, E>,
) -> Result<Vec<Hash>, E> {
    let mut proof = Vec::new();
    let (mut from, mut to) = (0, size);
    if old == 0 || old >= size {
        return Ok(proof);
    }
    while old != to {
        let middle = from + split(to - from);
        if old <= middle {
            proof.push(range(middle, to, complete)?);
            to = middle;
        } else {
            proof.push(range(from, middle, complete)?);
            from = middle;
        }
    }
    // The old tree's last part is known to who holds the old root only when it is the whole old tree.
    if from != 0 {
        proof.push(range(from, to, complete)?);
    }
    proof.reverse();
    Ok(proof)
}

/// The largest power of two less than `size` (2 at least).
const fn split(size: u64) -> u64 {
    1 << (63 - (size - 1).leading_zeros())
}

/// The root over the leaves `from..to`, where `from` is a multiple of every power of two that the part is cut into.
fn range<E>(
    from: u64,
    to: u64,
    complete: &mut dyn FnMut(u32, u64) -> Result<Hash, E>,
) -> Result<Hash, E> {
    let mut peaks = Vec::new();
    let mut at = from;
    while at < to {
        let height = 63 - (to - at).leading_zeros();
        peaks.push(complete(height, at >> height)?);
        at += 1 << height;
    }
    Ok(fold(&peaks))
}

/// Whether the proof shows that `leaf` is leaf `index` of the tree of `size` leaves with this root.
pub fn included(index: u64, size: u64, leaf: &Hash, proof: &[Hash], root: &Hash) -> bool {
    if index >= size {
        return false;
    }
    let (mut at, mut last, mut hash) = (index, size - 1, *leaf);
    for sibling in proof {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            hash = node(sibling, &hash);
            up(&mut at, &mut last);
        } else {
            hash = node(&hash, sibling);
        }
        at >>= 1;
        last >>= 1;
    }
    last == 0 && hash == *root
}

/// Whether the proof shows that the tree of `size` leaves with `root` begins with the tree of `old` leaves with `old_root`.
pub fn consistent(old: u64, size: u64, old_root: &Hash, root: &Hash, proof: &[Hash]) -> bool {
    if old > size {
        return false;
    }
    if old == size {
        return proof.is_empty() && old_root == root;
    }
    if old == 0 {
        return proof.is_empty() && *old_root == super::empty();
    }
    let (mut at, mut last) = (old - 1, size - 1);
    let shift = at.trailing_ones();
    at >>= shift;
    last >>= shift;
    let (first, rest) = if old.is_power_of_two() {
        (old_root, proof)
    } else {
        let Some((first, rest)) = proof.split_first() else {
            return false;
        };
        (first, rest)
    };
    let (mut before, mut now) = (*first, *first);
    for sibling in rest {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            before = node(sibling, &before);
            now = node(sibling, &now);
            up(&mut at, &mut last);
        } else {
            now = node(&now, sibling);
        }
        at >>= 1;
        last >>= 1;
    }
    last == 0 && before == *old_root && now == *root
}

/// Past the heights at which the tree's right edge has no left sibling.
const fn up(at: &mut u64, last: &mut u64) {
    while *at & 1 == 0 && *at != 0 {
        *at >>= 1;
        *last >>= 1;
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use ct_merkle::mem_backed_tree::MemoryBackedTree;

    use super::super::{Edge, leaf};
    use super::*;

    fn data(n: u64) -> [u8; 8] {
        n.to_be_bytes()
    }

    /// Roots of complete subtrees, computed anew from the leaves.
    fn complete(height: u32, n: u64) -> Result<Hash, Infallible> {
        let mut edge = Edge::default();
        for i in (n << height)..((n + 1) << height) {
            edge.push(leaf(&[&data(i)]), &mut |_, _| {});
        }
        Ok(edge.root())
    }

    fn root(size: u64) -> Hash {
        let mut edge = Edge::default();
        (0..size).for_each(|n| edge.push(leaf(&[&data(n)]), &mut |_, _| {}));
        edge.root()
    }

    #[test]
    fn every_leaf_is_proven_in_every_tree_and_in_no_other_place() {
        for size in 1..40 {
            let root = root(size);
            for index in 0..size {
                let Ok(proof) = inclusion(index, size, &mut complete);
                let hash = leaf(&[&data(index)]);
                assert!(included(index, size, &hash, &proof, &root));
                assert!(!included(index + 1, size, &hash, &proof, &root));
                assert!(!included(
                    index,
                    size,
                    &leaf(&[&data(index + 1)]),
                    &proof,
                    &root
                ));
                for at in 0..proof.len() {
                    let mut wrong = proof.clone();
                    wrong[at][0] ^= 1;
                    assert!(!included(index, size, &hash, &wrong, &root));
                    wrong.remove(at);
                    assert!(!included(index, size, &hash, &wrong, &root));
                }
                let longer = [proof.as_slice(), &[hash]].concat();
                assert!(!included(index, size, &hash, &longer, &root));
            }
        }
    }

    #[test]
    fn a_tree_that_grew_is_proven_and_one_that_was_rewritten_is_not() {
        for size in 1..40 {
            let now = root(size);
            for old in 0..=size {
                let Ok(proof) = consistency(old, size, &mut complete);
                let before = root(old);
                assert!(
                    consistent(old, size, &before, &now, &proof),
                    "{old} of {size}"
                );
                let other = leaf(&[b"rewritten"]);
                assert!(!consistent(old, size, &other, &now, &proof));
                assert!(old == 0 || !consistent(old, size, &before, &other, &proof));
                let longer = [proof.as_slice(), &[now]].concat();
                assert!(!consistent(old, size, &before, &now, &longer));
                if let Some((_, shorter)) = proof.split_last() {
                    assert!(!consistent(old, size, &before, &now, shorter));
                }
            }
        }
    }

    /// Another implementation of RFC 6962 says the same.
    #[test]
    fn roots_and_proofs_are_those_of_another_implementation() {
        let mut other = MemoryBackedTree::<sha2::Sha256, [u8; 8]>::new();
        for size in 1..70_u64 {
            other.push(data(size - 1));
            let root = root(size);
            assert_eq!(other.root().as_bytes().as_slice(), root);
            for index in 0..size {
                let Ok(ours) = inclusion(index, size, &mut complete);
                let theirs = other.prove_inclusion(usize::try_from(index).unwrap());
                assert_eq!(theirs.as_bytes(), ours.concat());
            }
            for old in 1..size {
                let Ok(ours) = consistency(old, size, &mut complete);
                let theirs = other.prove_consistency(usize::try_from(size - old).unwrap());
                assert_eq!(theirs.as_bytes(), ours.concat());
            }
        }
    }
}
