//! The workflows that users copy do what they say: their `pernet-sim` lines are run, with a small budget.

use crate::binary::{Done, command, done, root, words};
use std::fs;
use std::path::Path;

/// A registry of one's own: a copy of an era.
const PROTOCOL: &str = "registry.pernet";

/// The lines of a workflow that call the program, without what else stands in them.
fn lines(file: &str) -> Vec<String> {
    let text = fs::read_to_string(root().join("examples/ci").join(file)).expect("a workflow");
    let line = |line: &str| {
        let line = line.trim().trim_start_matches("- ").trim_start_matches("run: ");
        line.starts_with("pernet-sim ").then(|| line.to_string())
    };
    text.lines().filter_map(line).collect()
}

/// A repository with a protocol of its own and a scenario.
fn repository(text: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join(PROTOCOL), text).expect("a protocol");
    fs::create_dir(folder.path().join("scenarios")).expect("a folder");
    let page = "// Is all in order?\non rfc2007;\nops mine { init; exit; }\n\
                task modprobe { register_pernet_device(mine); }\ntask unshare { net = copy_net_ns(); }\n";
    fs::write(folder.path().join("scenarios/mine.pernet"), page).expect("a scenario");
    folder
}

/// Runs a line as a shell would, as far as these need one.
fn call(folder: &Path, line: &str) -> Done {
    let line = line
        .replace("\"$SCENARIOS\"", "scenarios")
        .replace("\"$PROTOCOL\"", PROTOCOL)
        .replace("\"$GITHUB_SHA\"", "0123abcd")
        .replace("\"$CI_COMMIT_SHA\"", "0123abcd")
        .replace("--max-time \"$MAX_TIME\"", "--worlds 5")
        .replace(" || true", "");
    let (line, out) = line.split_once(" >").map_or((line.as_str(), None), |(line, out)| (line, Some(out)));
    assert!(!line.contains(['$', '"', '|']), "{line}");
    let words = words(line);
    let done = done(&command(folder).args(&words[1..]).output().expect("the program starts"));
    if let Some(out) = out {
        fs::write(folder.join(out), &done.out).expect("a file");
    }
    done
}

#[test]
fn workflows_pass_where_all_is_well() {
    let shipped = sim::library::protocols();
    let (_, text) = shipped.iter().find(|(file, _)| file == "protocols/rfc2007.pernet").expect("an era");
    let folder = repository(&text.replace("protocol rfc2007;", "protocol registry;"));
    for file in ["github.yml", "gitlab.yml"] {
        let lines = lines(file);
        assert!(lines.len() >= 3, "{file}: {lines:?}");
        for line in lines {
            let done = call(folder.path(), &line);
            assert_eq!(done.code, 0, "{line}: {}{}", done.out, done.err);
        }
    }
    assert!(folder.path().join("corpus").is_dir(), "the corpus is kept");
}

/// A job whose fuzzer has gone blind fails.
#[test]
fn the_canary_must_be_found() {
    let folder = repository("protocol registry is rfc2007;\n");
    let canary = &lines("github.yml")[0];
    assert!(canary.contains("--expect-found"), "{canary}");
    let sound = canary.replace("rfc2007-undo-all", "rfc2007").replace("--worlds 1000", "--worlds 5");
    assert_eq!(call(folder.path(), &sound).code, 1, "nothing is to be found in {sound}");
}
