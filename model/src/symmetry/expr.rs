//! Conditions, and what tasks wait for, under a renaming.

use super::names::{Index, Named, each_name};
use super::rename::{FIRST_ADDRESS, task_named, value};
use super::units::Units;
use crate::machine::code::BinOp;
use crate::machine::program::Program;
use crate::machine::pure::Pure;
use crate::machine::value::{PlaceType, Value};
use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// More renamings of one condition than these are not tried, and not joined.
const MOST_TRIED: usize = 2_000;
const MOST_IMAGES: usize = 200;

/// An expression that says of what things become what it said of them.
pub(super) fn renamed(program: &Program, units: &Units, to: &[usize], expr: &Pure) -> Pure {
    let again = |expr: &Pure| Box::new(renamed(program, units, to, expr));
    let element = |array: u16, index: &Pure| match index {
        Pure::Const(at) => Box::new(Pure::Const(renamed_index(program, units, to, array, *at))),
        _ => again(index),
    };
    match expr {
        Pure::Const(constant) => Pure::Const(value(units, to, *constant).unwrap_or(*constant)),
        Pure::TaskVar { task, slot } => Pure::TaskVar { task: task_named(units, to, *task), slot: *slot },
        Pure::Global(cell) => Pure::Global(renamed_cell(units, to, *cell)),
        Pure::Local(_) | Pure::Me => expr.clone(),
        Pure::Field(object, field) => Pure::Field(again(object), *field),
        Pure::Element(object, field, index) => Pure::Element(again(object), *field, again(index)),
        Pure::Array(array, index) => Pure::Array(*array, element(*array, index)),
        Pure::Address(array, index) => Pure::Address(*array, element(*array, index)),
        Pure::Ask(what, of) => Pure::Ask(*what, again(of)),
        Pure::Binary(op, a, b) => Pure::Binary(*op, again(a), again(b)),
        Pure::And(a, b) => Pure::And(again(a), again(b)),
        Pure::Or(a, b) => Pure::Or(again(a), again(b)),
        Pure::Inited(a, b) => Pure::Inited(again(a), again(b)),
    }
}

fn renamed_cell(units: &Units, to: &[usize], cell: u32) -> u32 {
    units.at(cell).map_or(cell, |block| {
        let block = units.block(block);
        cell - block.base + units.renamed(to, block).base
    })
}

fn renamed_index(program: &Program, units: &Units, to: &[usize], array: u16, index: Value) -> Value {
    let array = program.arrays[usize::from(array)];
    match index.as_int().and_then(|index| u32::try_from(index).ok()) {
        Some(at) if at < array.len => {
            let cell = renamed_cell(units, to, array.address + at * array.stride);
            Value::small((cell - array.address) / array.stride)
        }
        _ => index,
    }
}

/// An expression in words, which are the same for expressions that differ in the order of what has none.
pub(super) fn said(expr: &Pure) -> String {
    let sorted = |mut words: Vec<String>, op: &str| {
        words.sort();
        format!("({})", words.join(op))
    };
    match expr {
        Pure::And(..) => {
            let mut all = Vec::new();
            parts(expr, &|expr| if let Pure::And(a, b) = expr { Some((a, b)) } else { None }, &mut all);
            sorted(all, " && ")
        }
        Pure::Or(..) => {
            let mut any = Vec::new();
            parts(expr, &|expr| if let Pure::Or(a, b) = expr { Some((a, b)) } else { None }, &mut any);
            sorted(any, " || ")
        }
        Pure::Binary(op, a, b) => {
            let words = [said(a), said(b)];
            match op {
                BinOp::Eq | BinOp::Ne | BinOp::Add | BinOp::Mul | BinOp::Max | BinOp::Min => {
                    sorted(words.into(), &format!(" {op:?} "))
                }
                BinOp::Lt | BinOp::Gt | BinOp::Le | BinOp::Ge | BinOp::Sub => {
                    format!("({})", words.join(&format!(" {op:?} ")))
                }
            }
        }
        Pure::Field(of, field) => format!("{}.{field}", said(of)),
        Pure::Element(of, field, index) => format!("{}.{field}[{}]", said(of), said(index)),
        Pure::Array(array, index) => format!("array {array}[{}]", said(index)),
        Pure::Address(array, index) => format!("address {array}[{}]", said(index)),
        Pure::Ask(what, of) => format!("{what:?}({})", said(of)),
        Pure::Inited(ops, net) => format!("inited({}, {})", said(ops), said(net)),
        Pure::Const(_) | Pure::Local(_) | Pure::Me | Pure::TaskVar { .. } | Pure::Global(_) => {
            format!("{expr:?}")
        }
    }
}

/// What is joined by one operator, in words.
fn parts<'e>(
    expr: &'e Pure,
    joined: &impl Fn(&'e Pure) -> Option<(&'e Box<Pure>, &'e Box<Pure>)>,
    all: &mut Vec<String>,
) {
    match joined(expr) {
        Some((a, b)) => {
            parts(a, joined, all);
            parts(b, joined, all);
        }
        None => all.push(said(expr)),
    }
}

/// What a condition becomes by all renamings, each once, itself first. `None`: those are too many.
pub(super) fn images(program: &Program, units: &Units, expr: &Pure) -> Option<Vec<Pure>> {
    let named: Vec<usize> = members(program, units, expr).into_iter().collect();
    let mut known = BTreeSet::from([said(expr)]);
    let mut images = Vec::from([expr.clone()]);
    let mut to: Vec<usize> = (0..units.units.len()).collect();
    let mut tried = 0;
    each_choice(units, &named, &mut Vec::new(), &mut |chosen| {
        for (&member, &target) in named.iter().zip(chosen) {
            to[member] = target;
        }
        let image = renamed(program, units, &to, expr);
        if known.insert(said(&image)) {
            images.push(image);
        }
        tried += 1;
        tried <= MOST_TRIED && images.len() <= MOST_IMAGES
    })
    .then_some(images)
}

/// Expressions joined by an operator, in a shallow tree.
pub(super) fn joined(mut all: Vec<Pure>, join: fn(Box<Pure>, Box<Pure>) -> Pure) -> Option<Pure> {
    while all.len() > 1 {
        let mut pairs = all.into_iter();
        let mut next = Vec::new();
        while let Some(one) = pairs.next() {
            next.push(match pairs.next() {
                Some(other) => join(Box::new(one), Box::new(other)),
                None => one,
            });
        }
        all = next;
    }
    all.pop()
}

/// Calls `f` with each way to choose other members for some, as long as it says so.
fn each_choice(
    units: &Units,
    named: &[usize],
    chosen: &mut Vec<usize>,
    f: &mut impl FnMut(&[usize]) -> bool,
) -> bool {
    let Some(&member) = named.get(chosen.len()) else { return f(chosen) };
    let orbit = units.orbits[usize::from(units.units[member].orbit)].clone();
    for target in orbit {
        if !chosen.contains(&target) {
            chosen.push(target);
            let on = each_choice(units, named, chosen, f);
            chosen.pop();
            if !on {
                return false;
            }
        }
    }
    true
}

/// The members that an expression names.
fn members(program: &Program, units: &Units, expr: &Pure) -> BTreeSet<usize> {
    let mut members = BTreeSet::new();
    each_name(expr, &mut |named| {
        let block = match named {
            Named::Task(task) => units.of_task(task),
            Named::Constant(value) if value.ty() == PlaceType::TASK => units.of_task(value.address()),
            Named::Constant(value) if value.is_place() && value.ty() >= FIRST_ADDRESS => {
                units.at(value.address())
            }
            Named::Cell(cell) => units.at(cell),
            Named::Element(array, Index::Constant(value)) => {
                let array = program.arrays[usize::from(array)];
                let at = value.as_int().and_then(|at| u32::try_from(at).ok()).filter(|&at| at < array.len);
                at.and_then(|at| units.at(array.address + at * array.stride))
            }
            Named::Me | Named::Local(_) | Named::Constant(_) | Named::Element(..) => None,
        };
        members.extend(block.map(|block| usize::from(units.block(block).unit)));
    });
    members
}
