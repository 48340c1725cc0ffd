//! Declarations: structs, and variables, fields and objects of a type.

use super::items::item_words;
use super::{Failed, Parse, Parser};
use crate::lang::ast::*;
use crate::lang::codes;
use crate::lang::diagnostic::Diagnostic;
use crate::lang::suggest::did_you_mean;
use crate::lang::token::Punct;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// The types that the language has, with their words; `list` is apart, since it says of what.
const TYPES: &[(&str, TypeKind)] = &[
    ("int", TypeKind::Int),
    ("ptr", TypeKind::Ptr),
    ("link", TypeKind::Link),
    ("mutex", TypeKind::Mutex),
    ("rwsem", TypeKind::Rwsem),
    ("spinlock", TypeKind::Spinlock),
    ("refcount", TypeKind::Refcount),
    ("ida", TypeKind::Ida),
    ("idr", TypeKind::Idr),
    ("work", TypeKind::Work),
    ("workqueue", TypeKind::Workqueue),
    ("callback", TypeKind::Callback),
];

/// The words of the language's types.
pub(in crate::lang) fn type_words<'a>() -> impl Iterator<Item = &'a str> {
    TYPES.iter().map(|(word, _)| *word).chain(["list"])
}

impl Parser<'_> {
    pub(super) fn begins_decl(&self) -> bool {
        let Some(word) = self.name_ahead(0) else { return false };
        let list = word == "list" && self.punct_ahead(1, Punct::Lt);
        list || self.name_ahead(1).is_some()
            || (type_words().any(|ty| ty == word) && !self.begins_statement())
    }

    pub(super) fn structure(&mut self) -> Parse<ItemKind> {
        self.bump();
        if let Some(word) = self.name_ahead(0).filter(|name| type_words().any(|word| word == *name)) {
            let message = format!("`{word}` is a type of the language, not the name of a struct");
            self.report(
                Diagnostic::new(codes::RESERVED_NAME, self.here(), message).help("choose another name"),
            );
        }
        let name = self.name("the name of a struct")?;
        let open = self.here();
        self.expect(Punct::LBrace, "a struct is `struct NAME { int field; ... }`")?;
        let mut fields = Vec::new();
        while !self.closed(open, "the struct") {
            let first = self.at;
            match self.field() {
                Ok(field) => fields.push(field),
                Err(Failed) => self.skip_statement(first),
            }
        }
        Ok(ItemKind::Struct { name, fields })
    }

    fn field(&mut self) -> Parse<Decl> {
        let decl = self.decl()?;
        if decl.methods.is_some() {
            let braces =
                Diagnostic::new(codes::BRACES_IN_STRUCT, decl.span, "a field has no braces of its own");
            self.say(braces.help("values and callbacks belong to a static object of the struct"));
        }
        Ok(decl)
    }

    pub(super) fn decl(&mut self) -> Parse<Decl> {
        let first = self.here();
        let ty = self.ty()?;
        let vars = self.comma_separated(Self::var)?;
        let mut methods = None;
        if self.at_punct(Punct::LBrace) {
            methods = Some(self.methods(&ty)?);
        } else if let Some(help) = self.other_item(&ty) {
            return self.unexpected("`;`", help);
        } else {
            self.semicolon("the declaration")?;
        }
        Ok(Decl { ty, vars, methods, span: self.since(first) })
    }

    /// What to write instead, if what follows a declared name shows that no declaration is meant.
    fn other_item(&self, ty: &Type) -> Option<String> {
        let function =
            || self.at_punct(Punct::LParen).then(|| "a function is `fn NAME(a, b) { ... }`".into());
        if self.at_punct(Punct::Semi) { None } else { did_you_mean_item(ty).or_else(function) }
    }

    fn ty(&mut self) -> Parse<Type> {
        let first = self.here();
        let Some(word) = self.name_ahead(0) else {
            let known: Vec<&str> = type_words().collect();
            return self.unexpected("a type", format!("types are {} and the structs", known.join(", ")));
        };
        if word == "list" && self.punct_ahead(1, Punct::Lt) {
            let (strukt, link) = self.list_type()?;
            return Ok(Type { kind: TypeKind::List { strukt, link }, span: self.since(first) });
        }
        if word == "list" {
            self.bump();
            return self
                .unexpected("`<`", "a list says its members and their link: `list<net.list> net_list;`");
        }
        let known = TYPES.iter().find(|(known, _)| *known == word).map(|(_, kind)| kind.clone());
        self.bump();
        Ok(Type { kind: known.unwrap_or_else(|| TypeKind::Struct(word.into())), span: first })
    }

    /// `list < NAME . NAME >`
    pub(super) fn list_type(&mut self) -> Parse<(Name, Name)> {
        let help = "a list says its members and their link: `list<net.list>`";
        self.bump();
        self.expect(Punct::Lt, help)?;
        let strukt = self.name("the name of a struct")?;
        self.expect(Punct::Dot, help)?;
        let link = self.name("the name of a link")?;
        self.expect(Punct::Gt, help)?;
        Ok((strukt, link))
    }

    fn var(&mut self) -> Parse<Var> {
        let name = self.name("a name")?;
        let open = self.here();
        let mut array = None;
        if self.eat(Punct::LBracket) {
            array = Some(if self.at_punct(Punct::RBracket) { None } else { Some(self.num()?) });
            self.close(Punct::RBracket, open)?;
        }
        let init = if self.eat(Punct::Assign) { Some(self.expr()?) } else { None };
        Ok(Var { name, array, init })
    }

    /// The braces behind an object. In those of a mistyped `task` no line fits, so the type is what to look at.
    fn methods(&mut self, ty: &Type) -> Parse<Vec<Method>> {
        let open = self.bump();
        let mut methods = Vec::new();
        while !self.closed(open, "the object") {
            let first = self.at;
            match self.method(ty) {
                Ok(method) => methods.push(method),
                Err(Failed) => self.skip_statement(first),
            }
        }
        Ok(methods)
    }

    fn method(&mut self, ty: &Type) -> Parse<Method> {
        let first = self.here();
        let help = did_you_mean_item(ty).unwrap_or_else(|| {
            "an object's lines are `init(net) { ... }`, `size = 4;` or, for an empty callback, `exit;`".into()
        });
        if self.name_ahead(0).is_none() {
            return self.unexpected("the name of a field or callback", help);
        }
        let name = self.name("the name of a field or callback")?;
        let kind = if self.eat(Punct::Semi) {
            MethodKind::Empty
        } else if self.eat(Punct::Assign) {
            let value = self.expr()?;
            self.semicolon("the value")?;
            MethodKind::Value(value)
        } else if self.at_punct(Punct::LParen) {
            let params = self.params(&help)?;
            MethodKind::Body { params, body: self.body_with_help(&help)? }
        } else {
            return self.unexpected("`(`, `=` or `;`", help);
        };
        Ok(Method { name, kind, span: self.since(first) })
    }
}

/// A type that is nearly the first word of another kind of item.
fn did_you_mean_item(ty: &Type) -> Option<String> {
    let TypeKind::Struct(word) = &ty.kind else { return None };
    did_you_mean(word, item_words()).map(|near| format!("did you mean `{near}`?"))
}
