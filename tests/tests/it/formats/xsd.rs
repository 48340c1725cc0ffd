//! As much of the language of XML schemas as `tests/schemas/junit-10.xsd` uses: which elements may stand in which, which
//! attributes they may and must have, and where text may stand. Orders of children it does not look at: the schema leaves
//! them free wherever this program writes something.

use roxmltree::{Document, Node};
use std::collections::BTreeMap;

/// What an element may be made of.
#[derive(Default, Clone)]
struct Kind {
    /// Each attribute, and whether it must be there.
    attributes: BTreeMap<String, bool>,
    children: Vec<String>,
    text: bool,
}

/// A schema that was read.
pub struct Schema(BTreeMap<String, Kind>);

impl Schema {
    /// Reads the text of a schema.
    pub fn read(text: &str) -> Self {
        let document = Document::parse(text).expect("a schema is XML");
        let named = document.root_element().children().filter(|node| node.tag_name().name() == "element");
        Self(named.map(|node| (name(&node), kind(&node))).collect())
    }

    /// All in which a document does not fit, in a line each.
    pub fn errors(&self, text: &str) -> Vec<String> {
        match Document::parse(text) {
            Ok(document) => {
                let mut errors = Vec::new();
                self.check(document.root_element(), &mut errors);
                errors
            }
            Err(error) => vec![error.to_string()],
        }
    }

    fn check(&self, node: Node<'_, '_>, errors: &mut Vec<String>) {
        let own = node.tag_name().name();
        let Some(kind) = self.0.get(own) else { return errors.push(format!("no element {own}")) };
        for attribute in node.attributes() {
            if !kind.attributes.contains_key(attribute.name()) {
                errors.push(format!("{own} has no attribute {}", attribute.name()));
            }
        }
        for (attribute, _) in kind.attributes.iter().filter(|(_, required)| **required) {
            if node.attribute(attribute.as_str()).is_none() {
                errors.push(format!("{own} lacks {attribute}"));
            }
        }
        for child in node.children() {
            if child.is_text() && !kind.text && !child.text().unwrap_or_default().trim().is_empty() {
                errors.push(format!("text in {own}"));
            }
            if child.is_element() {
                let inner = child.tag_name().name();
                if !kind.children.iter().any(|known| known == inner) {
                    errors.push(format!("{inner} in {own}"));
                }
                self.check(child, errors);
            }
        }
    }
}

fn name(node: &Node<'_, '_>) -> String {
    node.attribute("name").or(node.attribute("ref")).unwrap_or_default().to_string()
}

fn kind(element: &Node<'_, '_>) -> Kind {
    let mut kind = Kind { text: element.attribute("type") == Some("xs:string"), ..Kind::default() };
    for node in element.descendants().filter(|node| node.id() != element.id()) {
        match node.tag_name().name() {
            "element" => kind.children.push(name(&node)),
            "attribute" => {
                kind.attributes.insert(name(&node), node.attribute("use") == Some("required"));
            }
            "complexType" => kind.text |= node.attribute("mixed") == Some("true"),
            _ => {}
        }
    }
    kind
}

#[test]
fn what_does_not_fit_is_named() {
    let schema = Schema::read(&super::schema("junit-10.xsd"));
    let good = "<testsuites><testsuite name='s' tests='1' failures='1' errors='0'><testcase name='c'>\
                <failure message='m'>why</failure></testcase></testsuite></testsuites>";
    assert_eq!(schema.errors(good), Vec::<String>::new());
    for (from, to, want) in [
        ("<testsuites>", "<testsuites skipped='0'>", "testsuites has no attribute skipped"),
        ("name='s' ", "", "testsuite lacks name"),
        ("<testcase", "why<testcase", "text in testsuite"),
        ("failure", "failed", "failed in testcase"),
        ("</testsuites>", "", "the root node was opened but never closed"),
    ] {
        let bad = good.replace(from, to);
        let errors = schema.errors(&bad);
        assert!(errors.iter().any(|error| error.contains(want)), "{bad}: {errors:?}");
    }
}
