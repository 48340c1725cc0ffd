//! `bisect`: one scenario over all eras.

use super::args::{Bisect, Format};
use super::checks::refuse_checks;
use super::output::{self, Objects, Out};
use super::progress::{self, Watch};
use super::select::one;
use super::threads::{in_order, jobs};
use super::{compare, diff, meaning, protocol};
use crate::across::{Page, Told};
use crate::bisect::{Blame, blame, ran};
use crate::library::eras;
use crate::pieces::Piece;
use crate::question::Rejected;
use crate::report::bisect::{Asked, Turn, object, table, turn};
use crate::verdict::Exit;

/// Asks a scenario of all eras, and says where the answer changes.
pub fn bisect(args: &Bisect) -> Exit {
    match bisected(args) {
        Ok(exit) => exit,
        Err(rejected) => super::refuse(&rejected, "", args.output.color),
    }
}

fn bisected(args: &Bisect) -> Result<Exit, Rejected> {
    refuse_checks("bisect", &args.output)?;
    let (plan, max_time) = meaning::effort(&args.effort, compare::plan())?;
    let input = one(&args.scenario)?;
    let pages = Page::all(input.scenario.as_ref().map_err(Clone::clone)?)?;
    let names = eras();
    let texts: Vec<Vec<Piece>> =
        names.iter().map(|era| Ok(protocol::read(era)?.pieces())).collect::<Result<_, Rejected>>()?;
    progress::on_interrupt();
    let cells: Vec<(&Page, &str)> =
        pages.iter().flat_map(|page| names.iter().map(move |era| (page, era.as_str()))).collect();
    let watch = Watch::new(cells.len(), max_time, args.output.quiet);
    let jobs = jobs(args.effort.sitting.jobs);
    let work = |(page, era): &(&Page, &str)| {
        let title = format!("{} on {era}", page.title());
        page.ask(era, &plan, &input.finder(None), &watch.question(&title))
    };
    let mut told: Vec<Told> = Vec::new();
    in_order(jobs, &cells, work, |_, answer| {
        told.push(answer);
        watch.answered();
    });
    // Where the answer changes: the page, and the numbers of two eras.
    let rows: Vec<&[Told]> = told.chunks(names.len()).collect();
    let turns: Vec<(usize, usize, usize)> =
        rows.iter().enumerate().flat_map(|(page, row)| turning(page, row)).collect();
    let look = |&(page, old, new): &(usize, usize, usize)| {
        let title = format!("{}: {} to {}", pages[page].title(), names[old], names[new]);
        let control = watch.question(&title);
        let wanted = rows[page][new].gist()?;
        let both = (texts[old].as_slice(), texts[new].as_slice());
        let complete = rows[page][old].complete() && rows[page][new].complete();
        complete.then(|| blame(&pages[page], both, &wanted, &plan, &input.finder(None), &control))
    };
    let mut blames: Vec<Option<Blame>> = Vec::new();
    in_order(jobs, &turns, look, |_, found| blames.push(found));
    watch.finish();
    let asked = |page: usize, era: usize| Asked { era: &names[era], told: &rows[page][era] };
    let turned: Vec<(usize, Turn<'_>)> = turns
        .iter()
        .zip(blames)
        .map(|(&(page, old, new), blame)| {
            let side = |era: usize| {
                rows[page][era].answer().map_or_else(Vec::new, |answer| ran(answer, &texts[era]))
            };
            let mut ran = side(old);
            ran.extend(side(new));
            ran.sort();
            ran.dedup();
            let pieces = (texts[old].as_slice(), texts[new].as_slice());
            (page, Turn { old: asked(page, old), new: asked(page, new), pieces, ran, blame })
        })
        .collect();
    let (mut out, mut objects) = (Out::new(), Objects::new(args.output.format));
    let (width, style) = (diff::width(args.width), output::style(args.output.color));
    for (at, page) in pages.iter().enumerate() {
        let row: Vec<_> = (0..names.len()).map(|era| asked(at, era)).collect();
        let mut its: Vec<&Turn<'_>> = Vec::new();
        its.extend(turned.iter().filter(|(page, _)| *page == at).map(|(_, turn)| turn));
        if args.output.format != Format::Human {
            objects.write(&object(page, &row, &its));
            continue;
        }
        let space = if at == 0 { "" } else { "\n" };
        out.write(&format!("{space}{}", table(page, &row, style)));
        if !args.output.quiet {
            its.iter().for_each(|one| out.write(&format!("\n{}", turn(one, width, style))));
        }
    }
    if args.output.format != Format::Human {
        objects.finish();
    }
    Ok(exit(&told))
}

/// Neighbours among the eras that fit, where the answer changes.
fn turning(page: usize, row: &[Told]) -> Vec<(usize, usize, usize)> {
    let fit: Vec<_> = (0..row.len()).filter(|&era| row[era].answer().is_some()).collect();
    let changes = fit.windows(2).filter(|pair| row[pair[0]].gist() != row[pair[1]].gist());
    changes.map(|pair| (page, pair[0], pair[1])).collect()
}

/// The answers are what they are; only that there is none, or not the whole, is worth a status.
fn exit(told: &[Told]) -> Exit {
    let answers: Vec<_> = told.iter().filter_map(Told::answer).collect();
    let cut = told.iter().any(|told| told.answer().is_some() && !told.complete());
    match answers.iter().any(|answer| answer.exit == Exit::Nondeterminism) {
        true => Exit::Nondeterminism,
        false if answers.is_empty() => Exit::NothingRun,
        false if cut => Exit::Inconclusive,
        false => Exit::AsExpected,
    }
}
