//! The branches of a resource type as one tree over JSON member names, so that a document is walked once.

use std::sync::OnceLock;

use rustc_hash::FxHashMap;

use super::emit::{How, Sink};
use crate::definitions::{
    Branch, Component, ElementDef, Param, ParamKind, TypeDef, choice_key, parameters, types,
};
use crate::{Object, Value};

/// A place in the tree: what is indexed here, and which members to go on with.
#[derive(Debug, Default)]
pub(super) struct Node {
    leaves: Vec<Leaf>,
    /// Sorted by key; several of one key differ in their filter.
    edges: Vec<Edge>,
}

#[derive(Debug)]
struct Leaf {
    branch: u16,
    how: How,
}

#[derive(Debug)]
struct Edge {
    key: Box<str>,
    filter: Option<Filter>,
    node: Node,
}

/// Which items of a list count.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Filter {
    /// A member with this value: `[system='phone']`.
    Member(Box<str>, Box<str>),
    /// One place in the list.
    Index(usize),
    /// With an extension of this URL.
    Extension(Box<str>),
}

/// What is indexed of one resource type.
#[derive(Debug, Default)]
pub(super) struct Program {
    /// The tree.
    pub(super) root: Node,
    /// `Patient.deceased.exists() and Patient.deceased != false`.
    pub(super) deceased: Option<u16>,
}

/// A composite parameter's groups and components.
#[derive(Debug)]
pub(super) struct CompositeProgram {
    /// Leads to the groups: one leaf, [`How::Group`], at each.
    pub(super) groups: Node,
    /// Whether the resource itself is a group.
    pub(super) root_is_group: bool,
    /// For each component a tree from the group, and one from the resource.
    pub(super) components: Vec<(Node, Node)>,
}

/// The program of a resource type.
pub(super) fn program(kind: &str) -> Option<&'static Program> {
    static PROGRAMS: OnceLock<FxHashMap<&'static str, Program>> = OnceLock::new();
    PROGRAMS.get_or_init(all_programs).get(kind)
}

/// The program of a composite parameter.
pub(super) fn composite(param: &'static Param) -> Option<&'static CompositeProgram> {
    type Key = (&'static str, &'static str);
    static PROGRAMS: OnceLock<FxHashMap<Key, CompositeProgram>> = OnceLock::new();
    let all = PROGRAMS.get_or_init(|| {
        let composites = parameters()
            .iter()
            .filter(|p| p.kind == ParamKind::Composite);
        composites
            .filter_map(|p| Some(((p.base, p.code), composite_program(p)?)))
            .collect()
    });
    all.get(&(param.base, param.code))
}

fn all_programs() -> FxHashMap<&'static str, Program> {
    let mut programs: FxHashMap<&'static str, Program> = FxHashMap::default();
    for kind in types().resource_names() {
        programs.insert(kind, Program::default());
    }
    for branch in parameters().branches() {
        if branch.resource == "Resource" {
            for kind in types().resource_names() {
                add_branch(&mut programs, kind, branch);
            }
        } else {
            add_branch(&mut programs, branch.resource, branch);
        }
    }
    for program in programs.values_mut() {
        program.root.sort();
    }
    programs
}

fn add_branch(programs: &mut FxHashMap<&'static str, Program>, kind: &str, branch: &Branch) {
    let Some((program, ty)) = programs.get_mut(kind).zip(types().resource(kind)) else {
        return;
    };
    match branch.path {
        "%deceased" => program.deceased = Some(branch.id),
        // The store knows it from the row itself.
        "meta.lastUpdated" => {}
        path => program.root.add(ty, &segments(path), &mut |ty, element| {
            How::of(branch.kind, ty, element).map(|how| Leaf {
                branch: branch.id,
                how,
            })
        }),
    }
}

fn composite_program(param: &'static Param) -> Option<CompositeProgram> {
    let root = types().resource(param.base)?;
    let mut groups = Node::default();
    let mut kinds: Vec<&'static TypeDef> = Vec::new();
    for path in param.groups.iter().filter(|g| !g.is_empty()) {
        groups.add(root, &segments(path), &mut |ty, _| {
            kinds.push(ty);
            Some(Leaf {
                branch: 0,
                how: How::Group,
            })
        });
    }
    groups.sort();
    let root_is_group = param.groups.contains(&"");
    if root_is_group {
        kinds.push(root);
    }
    let components = param
        .components
        .iter()
        .map(|c| component(c, root, &kinds))
        .collect();
    Some(CompositeProgram {
        groups,
        root_is_group,
        components,
    })
}

fn component(
    component: &Component,
    root: &'static TypeDef,
    groups: &[&'static TypeDef],
) -> (Node, Node) {
    let (mut from_group, mut from_root) = (Node::default(), Node::default());
    for path in &component.paths {
        let mut leaf = |ty: &'static TypeDef, element: &ElementDef| {
            How::of(component.kind, ty, element).map(|how| Leaf { branch: 0, how })
        };
        match path.strip_prefix("%resource.") {
            Some(path) => from_root.add(root, &segments(path), &mut leaf),
            None => {
                for group in groups {
                    from_group.add(group, &segments(path), &mut leaf);
                }
            }
        }
    }
    from_group.sort();
    from_root.sort();
    (from_group, from_root)
}

/// One segment of a normalised path.
struct Segment<'a> {
    name: &'a str,
    ty: Option<&'a str>,
    filter: Option<Filter>,
}

/// Reads a normalised path (its grammar is in `xtask/src/generate/expression.rs`).
fn segments(path: &str) -> Vec<Segment<'_>> {
    let mut quoted = false;
    path.split(|c| {
        if c == '\'' {
            quoted = !quoted;
        }
        c == '.' && !quoted
    })
    .map(segment)
    .collect()
}

fn segment(text: &str) -> Segment<'_> {
    let (head, filter) = match text.strip_suffix(']').and_then(|t| t.split_once('[')) {
        Some((head, filter)) => (head, read_filter(filter)),
        None => (text, None),
    };
    match head.split_once(':') {
        Some((name, ty)) => Segment {
            name,
            ty: Some(ty),
            filter,
        },
        None => Segment {
            name: head,
            ty: None,
            filter,
        },
    }
}

fn read_filter(text: &str) -> Option<Filter> {
    let unquoted = |t: &str| Box::from(t.trim_matches('\''));
    if let Some(index) = text.strip_prefix('#') {
        return index.parse().ok().map(Filter::Index);
    }
    if let Some(url) = text.strip_prefix("has ") {
        return Some(Filter::Extension(unquoted(url)));
    }
    let (name, value) = text.split_once('=')?;
    Some(Filter::Member(Box::from(name), unquoted(value)))
}

type MakeLeaf<'f> = &'f mut dyn FnMut(&'static TypeDef, &ElementDef) -> Option<Leaf>;

impl Node {
    fn add(&mut self, ty: &'static TypeDef, path: &[Segment<'_>], leaf: MakeLeaf<'_>) {
        let Some((first, rest)) = path.split_first() else {
            return;
        };
        let Some(element) = ty.element(first.name) else {
            return;
        };
        for choice in &element.types {
            let Some(to) = choice.ty() else { continue };
            if first.ty.is_some_and(|t| t != choice.code) {
                continue;
            }
            let key = if element.choice {
                choice_key(element.name, choice.code)
            } else {
                element.name.to_owned()
            };
            let node = self.edge(&key, first.filter.as_ref());
            if !rest.is_empty() {
                node.add(to, rest, leaf);
            } else if to.name == "Extension" {
                let value = [Segment {
                    name: "value",
                    ty: None,
                    filter: None,
                }];
                node.add(to, &value, leaf);
            } else {
                node.leaves.extend(leaf(to, element));
            }
        }
    }

    fn edge(&mut self, key: &str, filter: Option<&Filter>) -> &mut Self {
        let found = self
            .edges
            .iter()
            .position(|e| *e.key == *key && e.filter.as_ref() == filter);
        let at = found.unwrap_or(self.edges.len());
        if found.is_none() {
            self.edges.push(Edge {
                key: Box::from(key),
                filter: filter.cloned(),
                node: Self::default(),
            });
        }
        #[allow(clippy::indexing_slicing, reason = "`at` was found or pushed above")]
        &mut self.edges[at].node
    }

    fn sort(&mut self) {
        self.edges.retain_mut(|edge| {
            edge.node.sort();
            !edge.node.leaves.is_empty() || !edge.node.edges.is_empty()
        });
        self.edges.sort_by(|a, b| a.key.cmp(&b.key));
    }

    /// Walks the members of an object.
    pub(super) fn walk<'a>(&'static self, object: &'a Object, sink: &mut Sink<'a>) {
        for (name, value) in object.iter() {
            let from = self.edges.partition_point(|e| *e.key < *name);
            let same = self.edges.iter().skip(from).take_while(|e| *e.key == *name);
            for edge in same {
                for (index, item) in value.each().iter().enumerate() {
                    if edge.filter.as_ref().is_none_or(|f| f.passes(index, item)) {
                        edge.node.visit(item, sink);
                    }
                }
            }
        }
    }

    fn visit<'a>(&'static self, item: &'a Value, sink: &mut Sink<'a>) {
        for leaf in &self.leaves {
            sink.emit(leaf.branch, leaf.how, item);
        }
        if let (false, Some(object)) = (self.edges.is_empty(), item.as_object()) {
            self.walk(object, sink);
        }
    }
}

impl Filter {
    fn passes(&self, index: usize, item: &Value) -> bool {
        match self {
            Self::Index(wanted) => index == *wanted,
            Self::Member(name, value) => item.str_at(name) == Some(value),
            Self::Extension(url) => item
                .get("extension")
                .is_some_and(|list| list.each().iter().any(|x| x.str_at("url") == Some(url))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_branch_leads_somewhere_in_the_type_tree() {
        fn count(node: &Node, branches: &mut std::collections::BTreeSet<u16>) {
            branches.extend(node.leaves.iter().map(|l| l.branch));
            for edge in &node.edges {
                count(&edge.node, branches);
            }
        }
        let mut found = std::collections::BTreeSet::new();
        for kind in types().resource_names() {
            let program = program(kind).unwrap();
            count(&program.root, &mut found);
            found.extend(program.deceased);
        }
        let lost: Vec<_> = parameters()
            .branches()
            .filter(|b| !found.contains(&b.id) && b.path != "meta.lastUpdated")
            .map(|b| (b.resource, b.path, b.kind))
            .collect();
        assert!(lost.is_empty(), "{lost:?}");
    }

    #[test]
    fn every_composite_has_a_program_with_all_its_components() {
        for param in parameters()
            .iter()
            .filter(|p| p.kind == ParamKind::Composite)
        {
            let program = composite(param).unwrap();
            assert!(
                program.root_is_group || !program.groups.edges.is_empty(),
                "{param:?}"
            );
            for (group, root) in &program.components {
                assert!(
                    !group.edges.is_empty() || !root.edges.is_empty(),
                    "{param:?}"
                );
            }
        }
    }
}
