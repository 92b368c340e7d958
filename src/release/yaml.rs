//! A YAML document as a tree that remembers where each value stands, so that an edit can change those bytes and no others.
//!
//! Built from the parser's own events (`serde_saphyr` re-exports them), not through serde: the events keep what serde
//! folds away and an edit must not overlook: aliases, anchors, merge keys, duplicate keys, tags, several documents.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ops::Range;

use serde_saphyr::granit_parser::{Event, Parser, ScalarStyle, Span};

use super::text::visible;

/// Files larger than this are refused: a flags file is a few kilobytes, with much history in its comments a megabyte or two.
const LARGEST: usize = 4 << 20;
/// Deeper than anybody writes by hand, and shallow enough for recursion.
const DEEPEST: usize = 64;
/// How many nodes one walk may meet, aliases followed: an alias bomb is refused, not expanded.
const MOST_NODES: usize = 1_000_000;
/// How many maps and entries one map may merge in: merge keys can be a bomb as well.
const MOST_MERGED: usize = 4096;

/// Which node of a [`Yaml`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(usize);

/// A stream of documents; all nodes in one list.
#[derive(Debug, Default)]
pub struct Yaml {
    nodes: Vec<Node>,
    /// Anchor ids to their nodes. An id is unique in the stream, also where a name is used twice.
    anchors: BTreeMap<usize, NodeId>,
    documents: Vec<NodeId>,
}

/// One node: what it is and which bytes it is written in (without tag and anchor).
#[derive(Debug)]
pub struct Node {
    pub kind: Kind,
    pub range: Range<usize>,
    /// `!!str` and the like, as written.
    pub tag: Option<String>,
}

/// What a node is.
#[derive(Debug)]
pub enum Kind {
    Scalar {
        text: String,
        style: ScalarStyle,
    },
    List(Vec<NodeId>),
    /// Keys and values in file order, merge keys and duplicates included.
    Map(Vec<(NodeId, NodeId)>),
    /// `*name`, by the anchor's id.
    Alias(usize),
}

impl Yaml {
    /// Parses all documents of a file. The error is a sentence.
    pub fn parse(source: &str) -> Result<Self, String> {
        if source.len() > LARGEST {
            return Err(format!("is larger than {} MiB", LARGEST >> 20));
        }
        let mut parser = Parser::new_from_str(source);
        let mut yaml = Yaml::default();
        // The collections that are open, each with its members so far.
        let mut open: Vec<(NodeId, Vec<NodeId>)> = Vec::new();
        while let Some(event) = parser.next_event() {
            let (event, span) = event.map_err(|error| format!("is not YAML: {}", visible(&error.to_string())))?;
            let done = match event {
                Event::Scalar(text, style, anchor, tag) => {
                    // The parser says `~` for a value that is not there; here it is what is written: nothing.
                    let is_absent = span.byte_range().is_some_and(|range| range.is_empty());
                    let text = if is_absent { String::new() } else { text.into_owned() };
                    let kind = Kind::Scalar { text, style };
                    Some(yaml.add(kind, &span, anchor, tag.map(|tag| tag.original()))?)
                }
                Event::Alias(anchor) => Some(yaml.add(Kind::Alias(anchor), &span, 0, None)?),
                Event::SequenceStart(_, anchor, tag) => {
                    let id = yaml.add(Kind::List(Vec::new()), &span, anchor, tag.map(|tag| tag.original()))?;
                    open.push((id, Vec::new()));
                    None
                }
                Event::MappingStart(_, anchor, tag) => {
                    let id = yaml.add(Kind::Map(Vec::new()), &span, anchor, tag.map(|tag| tag.original()))?;
                    open.push((id, Vec::new()));
                    None
                }
                Event::SequenceEnd | Event::MappingEnd => {
                    let closed = open.pop();
                    closed.map(|(id, members)| yaml.close(id, members))
                }
                _ => None,
            };
            if open.len() > DEEPEST {
                return Err(format!("is nested deeper than {DEEPEST}"));
            }
            match (done, open.last_mut()) {
                (Some(id), Some((_, members))) => members.push(id),
                (Some(id), None) => yaml.documents.push(id),
                (None, _) => {}
            }
        }
        Ok(yaml)
    }

    /// Adds a node and remembers its anchor.
    fn add(&mut self, kind: Kind, span: &Span, anchor: usize, tag: Option<String>) -> Result<NodeId, String> {
        let range = span.byte_range().ok_or("is YAML whose positions cannot be told")?;
        let id = NodeId(self.nodes.len());
        self.nodes.push(Node { kind, range, tag });
        if anchor > 0 {
            self.anchors.insert(anchor, id);
        }
        Ok(id)
    }

    /// Gives a collection its members.
    fn close(&mut self, id: NodeId, members: Vec<NodeId>) -> NodeId {
        match &mut self.nodes[id.0].kind {
            Kind::Map(pairs) => *pairs = members.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect(),
            Kind::List(items) => *items = members,
            Kind::Scalar { .. } | Kind::Alias(_) => {}
        }
        id
    }

    /// The roots, one for each document.
    pub fn documents(&self) -> &[NodeId] {
        &self.documents
    }

    /// The node as it is written there.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0]
    }

    /// Which bytes are one value and nothing else.
    pub fn ranges(&self) -> HashSet<&Range<usize>> {
        self.nodes.iter().map(|node| &node.range).collect()
    }

    /// The node an alias stands for; every other node is itself.
    pub fn resolved(&self, id: NodeId) -> NodeId {
        let mut id = id;
        // An alias cannot stand for an alias; the loop only has to end.
        for _ in 0..DEEPEST {
            match self.node(id).kind {
                Kind::Alias(anchor) => id = self.anchors.get(&anchor).copied().unwrap_or(id),
                _ => break,
            }
        }
        id
    }

    /// Whether the node itself stands there, not an alias of it.
    pub fn is_alias(&self, id: NodeId) -> bool {
        matches!(self.node(id).kind, Kind::Alias(_))
    }

    /// The items of a list, none for anything else.
    pub fn items(&self, id: NodeId) -> &[NodeId] {
        match &self.node(self.resolved(id)).kind {
            Kind::List(items) => items,
            _ => &[],
        }
    }

    /// A map's keys and values, those of merge keys (`<<`) after its own and only where it has none of that name.
    pub fn entries(&self, id: NodeId) -> Vec<Entry> {
        let mut budget = MOST_MERGED;
        self.entries_within(id, DEEPEST, &mut budget)
    }

    fn entries_within(&self, id: NodeId, depth: usize, budget: &mut usize) -> Vec<Entry> {
        let Kind::Map(pairs) = &self.node(self.resolved(id)).kind else { return Vec::new() };
        let mut entries = Vec::new();
        let mut merged = Vec::new();
        for (key, value) in pairs {
            if self.is_merge_key(*key) {
                let sources = self.items(*value);
                merged.extend(if sources.is_empty() { vec![*value] } else { sources.to_vec() });
            } else {
                entries.push(Entry { name: self.key_name(*key), key: *key, value: *value, merged: false });
            }
        }
        let mut taken: BTreeSet<String> = entries.iter().map(|entry: &Entry| entry.name.clone()).collect();
        for source in merged {
            if depth == 0 || *budget == 0 {
                break;
            }
            *budget -= 1;
            for entry in self.entries_within(source, depth - 1, budget) {
                *budget = budget.saturating_sub(1);
                if taken.insert(entry.name.clone()) {
                    entries.push(Entry { merged: true, ..entry });
                }
            }
        }
        entries
    }

    /// `<<`, unquoted or tagged as what it is.
    fn is_merge_key(&self, key: NodeId) -> bool {
        let node = self.node(key);
        let Kind::Scalar { text, style } = &node.kind else { return false };
        text == "<<" && (*style == ScalarStyle::Plain || node.tag.as_deref() == Some("!!merge"))
    }

    /// A key's text. A key that is a list or a map has a name that no flag can have.
    fn key_name(&self, key: NodeId) -> String {
        match &self.node(self.resolved(key)).kind {
            Kind::Scalar { text, .. } => text.clone(),
            _ => format!("\0{}", key.0),
        }
    }

    /// Paths at which two streams say something different, aliases and merge keys followed. The error says why they
    /// cannot be compared: another structure, or too much of it.
    pub fn differences(&self, other: &Yaml) -> Result<Vec<Vec<String>>, String> {
        if self.documents.len() != other.documents.len() {
            return Err("the number of documents would change".to_owned());
        }
        let mut walk = Walk { one: self, two: other, budget: MOST_NODES, path: Vec::new(), found: Vec::new() };
        for (one, two) in self.documents.iter().zip(&other.documents) {
            walk.compare(*one, *two)?;
        }
        Ok(walk.found)
    }
}

/// One entry of a map.
#[derive(Clone, Debug)]
pub struct Entry {
    pub name: String,
    pub key: NodeId,
    pub value: NodeId,
    /// Through a merge key, so that it stands somewhere else.
    pub merged: bool,
}

/// Two streams side by side.
struct Walk<'a> {
    one: &'a Yaml,
    two: &'a Yaml,
    budget: usize,
    path: Vec<String>,
    found: Vec<Vec<String>>,
}

impl Walk<'_> {
    fn compare(&mut self, one: NodeId, two: NodeId) -> Result<(), String> {
        self.budget = self.budget.checked_sub(1).ok_or("there is too much of it, aliases followed")?;
        if self.path.len() > DEEPEST {
            return Err("it is nested too deeply, or within itself".to_owned());
        }
        let (one, two) = (self.one.resolved(one), self.two.resolved(two));
        let same_tag = self.one.node(one).tag == self.two.node(two).tag;
        match (&self.one.node(one).kind, &self.two.node(two).kind) {
            (Kind::Map(_), Kind::Map(_)) if same_tag => {
                let (ones, twos) = (self.entries(self.one, one), self.entries(self.two, two));
                let names = |entries: &[Entry]| entries.iter().map(|entry| entry.name.clone()).collect::<Vec<_>>();
                if names(&ones) != names(&twos) {
                    self.found.push(self.path.clone());
                    return Ok(());
                }
                self.compare_all(ones.into_iter().zip(twos).map(|(one, two)| (one.name, one.value, two.value)))
            }
            (Kind::List(ones), Kind::List(twos)) if same_tag && ones.len() == twos.len() => {
                let pairs = ones.iter().zip(twos).enumerate();
                self.compare_all(pairs.map(|(index, (one, two))| (index.to_string(), *one, *two)))
            }
            (Kind::Scalar { text: one, style: one_style }, Kind::Scalar { text: two, style: two_style })
                if same_tag && one == two && one_style == two_style =>
            {
                Ok(())
            }
            _ => {
                self.found.push(self.path.clone());
                Ok(())
            }
        }
    }

    /// A map's entries; what it merges in counts, also where it is nothing new.
    fn entries(&mut self, yaml: &Yaml, id: NodeId) -> Vec<Entry> {
        let mut left = MOST_MERGED.min(self.budget);
        self.budget -= left;
        let entries = yaml.entries_within(id, DEEPEST, &mut left);
        self.budget += left;
        entries
    }

    fn compare_all(&mut self, pairs: impl Iterator<Item = (String, NodeId, NodeId)>) -> Result<(), String> {
        for (name, one, two) in pairs {
            self.path.push(name);
            self.compare(one, two)?;
            self.path.pop();
        }
        Ok(())
    }
}
