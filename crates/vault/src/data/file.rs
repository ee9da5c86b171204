//! Data keys as bytes: numbers with the greatest end first.

use std::collections::BTreeMap;

use aceso_base::Instant;
use zeroize::Zeroizing;

use super::keys::{DataKeys, Erased, Version, Whose};
use super::tree::{DEPTH, Node, Tree};

pub(super) const PLACE: &str = "aceso patient keys 1";

pub(super) fn write(keys: &DataKeys) -> Zeroizing<Vec<u8>> {
    let nodes: usize = keys.versions.iter().map(|v| v.tree.nodes().len()).sum();
    // Room for all of it at once: a vector that grows leaves copies behind.
    let room = 16 + keys.versions.len() * 16 + nodes * 42 + keys.erased.len() * 32;
    let mut out = Zeroizing::new(Vec::with_capacity(room));
    out.extend_from_slice(&keys.serial.to_be_bytes());
    out.extend_from_slice(&count(keys.versions.len()));
    for version in &keys.versions {
        out.extend_from_slice(&version.number.to_be_bytes());
        out.extend_from_slice(&version.made.millis().to_be_bytes());
        out.extend_from_slice(&count(version.tree.nodes().len()));
        for (node, secret) in version.tree.nodes() {
            out.push(node.depth);
            out.extend_from_slice(&node.path);
            out.extend_from_slice(secret.as_slice());
        }
    }
    out.extend_from_slice(&count(keys.erased.len()));
    for erased in &keys.erased {
        out.extend_from_slice(&erased.whose.patient.to_be_bytes());
        out.push(erased.whose.generation);
        out.extend_from_slice(&erased.at.millis().to_be_bytes());
        out.extend_from_slice(&erased.serial.to_be_bytes());
    }
    out
}

fn count(n: usize) -> [u8; 4] {
    u32::try_from(n).unwrap_or(u32::MAX).to_be_bytes()
}

pub(super) fn read(bytes: &[u8]) -> Option<DataKeys> {
    let mut rest = Rest(bytes);
    let serial = u64::from_be_bytes(*rest.take()?);
    let mut versions = Vec::new();
    for _ in 0..rest.count()? {
        let number = u16::from_be_bytes(*rest.take()?);
        let made = rest.instant()?;
        let mut nodes = BTreeMap::new();
        for _ in 0..rest.count()? {
            let [depth] = *rest.take()?;
            let path = *rest.take()?;
            let secret = Zeroizing::new(*rest.take()?);
            (depth <= DEPTH).then_some(())?;
            nodes.insert(Node { depth, path }, secret);
        }
        let tree = Tree::of(nodes);
        versions.push(Version { number, made, tree });
    }
    let mut erased = Vec::new();
    for _ in 0..rest.count()? {
        let patient = i64::from_be_bytes(*rest.take()?);
        let [generation] = *rest.take()?;
        erased.push(Erased {
            whose: Whose {
                patient,
                generation,
            },
            at: rest.instant()?,
            serial: u64::from_be_bytes(*rest.take()?),
        });
    }
    (rest.0.is_empty() && !versions.is_empty()).then_some(DataKeys {
        serial,
        versions,
        erased,
    })
}

struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn take<const N: usize>(&mut self) -> Option<&'a [u8; N]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(taken)
    }

    fn count(&mut self) -> Option<u32> {
        self.take().map(|n| u32::from_be_bytes(*n))
    }

    fn instant(&mut self) -> Option<Instant> {
        let millis = i64::from_be_bytes(*self.take()?);
        Some(Instant::from_millis(millis))
    }
}
