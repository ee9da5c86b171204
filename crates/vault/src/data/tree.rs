//! A tree of keys that forgets: the nodes that are left are enough to draw every leaf but those forgotten.

use std::collections::BTreeMap;

use aws_lc_rs::hmac;
use zeroize::Zeroizing;

/// A leaf's place: 36 steps of two bits.
pub(super) type Path = [u8; 9];
pub(super) type Secret = Zeroizing<[u8; 32]>;
pub(super) const DEPTH: u8 = 36;

/// A node: the steps that lead to it, the rest zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Node {
    pub(super) depth: u8,
    pub(super) path: Path,
}

/// The nodes that are left; none lies below another.
#[derive(Clone)]
pub(super) struct Tree(BTreeMap<Node, Secret>);

impl Node {
    /// The node at a depth on the way to a leaf.
    fn above(leaf: Path, depth: u8) -> Self {
        let mut path = leaf;
        for (at, byte) in (0_u8..).zip(path.iter_mut()) {
            let steps = depth.saturating_sub(at * 4).min(4);
            *byte &= !(0xff_u16 >> (2 * steps)).to_be_bytes()[1];
        }
        Self { depth, path }
    }

    /// The step that leads from this node's parent to it.
    const fn with_step(mut self, step: u8) -> Self {
        let at = self.depth - 1;
        let shift = 6 - 2 * (at % 4);
        let [a, b, c, d, e, f, g, h, i] = &mut self.path;
        let byte = match at / 4 {
            0 => a,
            1 => b,
            2 => c,
            3 => d,
            4 => e,
            5 => f,
            6 => g,
            7 => h,
            _ => i,
        };
        *byte = *byte & !(3 << shift) | (step << shift);
        self
    }
}

/// The step that a leaf's way takes from this depth.
fn step(leaf: Path, depth: u8) -> u8 {
    let byte = leaf.get(usize::from(depth / 4)).copied().unwrap_or(0);
    byte >> (6 - 2 * (depth % 4)) & 3
}

impl Tree {
    /// The whole tree under a root.
    pub(super) fn whole(root: Secret) -> Self {
        let node = Node {
            depth: 0,
            path: [0; 9],
        };
        Self(BTreeMap::from([(node, root)]))
    }

    /// A tree of nodes that were kept.
    pub(super) const fn of(nodes: BTreeMap<Node, Secret>) -> Self {
        Self(nodes)
    }

    pub(super) const fn nodes(&self) -> &BTreeMap<Node, Secret> {
        &self.0
    }

    /// The leaf's secret; none once forgotten.
    pub(super) fn draw(&self, leaf: Path) -> Option<Secret> {
        let (node, secret) = self.cover(leaf)?;
        let mut secret = secret.clone();
        for depth in node.depth..DEPTH {
            secret = child(&secret, step(leaf, depth));
        }
        Some(secret)
    }

    /// Forgets a leaf for good.
    pub(super) fn forget(&mut self, leaf: Path) {
        let Some((node, _)) = self.cover(leaf) else {
            return;
        };
        let Some(mut secret) = self.0.remove(&node) else {
            return;
        };
        for depth in node.depth..DEPTH {
            let on = step(leaf, depth);
            for aside in (0..4).filter(|s| *s != on) {
                let node = Node::above(leaf, depth + 1).with_step(aside);
                self.0.insert(node, child(&secret, aside));
            }
            secret = child(&secret, on);
        }
    }

    fn cover(&self, leaf: Path) -> Option<(Node, &Secret)> {
        (0..=DEPTH).find_map(|depth| {
            let node = Node::above(leaf, depth);
            self.0.get(&node).map(|secret| (node, secret))
        })
    }
}

fn child(secret: &[u8; 32], step: u8) -> Secret {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    let mut context = hmac::Context::with_key(&key);
    context.update(b"aceso data keys 1");
    context.update(&[step]);
    let mut out = Zeroizing::new([0; 32]);
    out.copy_from_slice(context.sign().as_ref());
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tree() -> Tree {
        Tree::whole(Zeroizing::new([7; 32]))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        #[test]
        fn what_is_forgotten_is_gone_and_all_else_stays_the_same(
            forgotten in prop::collection::vec(any::<[u8; 9]>(), 1..5),
            other: [u8; 9],
            bit in 0_usize..72,
        ) {
            let whole = tree();
            let mut left = tree();
            for leaf in &forgotten {
                left.forget(*leaf);
                left.forget(*leaf);
            }
            for leaf in &forgotten {
                prop_assert!(left.draw(*leaf).is_none());
                let mut near = *leaf;
                near[bit / 8] ^= 1 << (bit % 8);
                if !forgotten.contains(&near) {
                    prop_assert_eq!(left.draw(near), whole.draw(near));
                }
            }
            if !forgotten.contains(&other) {
                prop_assert_eq!(left.draw(other), whole.draw(other));
            }
            // No node that is left lies on the way to what was forgotten.
            for leaf in &forgotten {
                for node in left.nodes().keys() {
                    prop_assert_ne!(*node, Node::above(*leaf, node.depth));
                }
            }
        }
    }

    #[test]
    fn neighbours_have_different_keys() {
        let tree = tree();
        let mut seen = std::collections::BTreeSet::new();
        for n in 0..200_u8 {
            assert!(seen.insert(*tree.draw([0, 0, 0, 0, 0, 0, 0, n, 0]).unwrap()));
        }
    }

    #[test]
    fn one_forgotten_leaf_costs_three_nodes_a_step() {
        let mut tree = tree();
        tree.forget([9; 9]);
        assert_eq!(tree.nodes().len(), 3 * usize::from(DEPTH));
    }
}
