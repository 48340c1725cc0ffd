//! Jobs for engines: what they are told, run by something that stands for them.

use super::{Campaign, content, yaml};
use crate::formats::schema;
use serde_json::Value;
use std::fs;
use std::process::{Command, Stdio};
use std::sync::LazyLock;

/// What an engine is told, run by a shell after some other words; what came of the campaign then.
#[track_caller]
fn check(engine: &str, stands_for: &str, tasks: &str) {
    let campaign = Campaign::plan(40);
    let (files, alone) = campaign.undisturbed();
    assert_eq!(campaign.run(&["run-shard", "n", "--index", "0,4"]).code, 0);
    let fake = campaign.here().join("engine");
    fs::write(&fake, format!("#!/bin/sh\n{stands_for}\n")).expect("a file");
    let executable = Command::new("chmod").arg("+x").arg(&fake).status();
    assert!(executable.is_ok_and(|status| status.success()));
    let mut command = crate::binary::command(campaign.here());
    command.args(["campaign", "submit", "n", "--engine", engine, "--tasks", tasks, "--with", "./engine"]);
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).stdin(Stdio::null());
    let done = crate::binary::done(&command.output().expect("it starts"));
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
    let merged = campaign.run(&["merge", "n"]);
    assert_eq!((merged.code, content(&merged)), (0, alone), "{}{}", done.err, merged.err);
    assert_eq!(campaign.files("n"), files);
    let nothing = campaign.run(&["submit", "n", "--engine", "slurm", "--with", "./missing"]);
    assert_eq!((nothing.code, nothing.out.as_str()), (0, ""), "there is nothing to submit: {}", nothing.err);
}

#[test]
fn an_array_of_slurm() {
    let every =
        "cat >job; for SLURM_ARRAY_TASK_ID in 0 1 2; do export SLURM_ARRAY_TASK_ID; sh job || exit 1; done";
    check("slurm", every, "3");
}

#[test]
fn lines_for_anybody() {
    let campaign = Campaign::plan(40);
    let (files, _) = campaign.undisturbed();
    let lines = campaign.run(&["submit", "n", "--engine", "print", "--tasks", "4"]);
    assert_eq!((lines.code, lines.out.lines().count()), (0, 4), "{}", lines.err);
    for line in lines.out.lines() {
        let done = Command::new("sh").args(["-c", line]).current_dir("/").stderr(Stdio::null()).status();
        assert!(done.is_ok_and(|status| status.success()), "{line}");
    }
    assert_eq!(campaign.files("n"), files);
}

#[test]
fn gnu_parallel_or_what_stands_for_it() {
    // Without its own options, and one after the other.
    let parallel = "cat >job; export PATH=.:$PATH; cat >parallel <<'END'
#!/bin/sh
while [ \"$2\" != campaign ]; do shift; done
[ \"$8\" = '{}/3' ] || exit 1
while read -r task; do \"$1\" campaign run-shard \"$4\" --index \"$6\" --part $task/3 </dev/null || exit 1; done
END
chmod +x parallel; sh job";
    check("parallel", parallel, "3");
}

#[test]
fn a_job_of_kubernetes_needs_an_image_and_a_volume() {
    let campaign = Campaign::plan(40);
    let submit = ["submit", "n", "--engine", "kubernetes"];
    let done = campaign.run(&submit);
    assert!(done.code == 2 && done.err.contains("E358"), "{}", done.err);
    let told = ["--image", "pernet-sim:0.1", "--claim", "nights/one", "--dry-run", "--tasks", "3"];
    let done = campaign.run(&[&submit[..], &told].concat());
    assert_eq!((done.code, done.err.as_str()), (0, ""));
    assert!(done.out.starts_with("apiVersion: batch/v1\nkind: Job\n"), "{}", done.out);
    assert!(done.out.contains("\"--index\", \"0-7\", \"--part\", \"$(JOB_COMPLETION_INDEX)/3\"]"));
}

/// All in which a document does not fit the schema of a Job of Kubernetes, which allows no field that it does not name.
fn job_errors(job: &Value) -> Vec<String> {
    static VALIDATOR: LazyLock<jsonschema::Validator> = LazyLock::new(|| {
        let schema = serde_json::from_str(&schema("kubernetes-job-1.29.json")).expect("a schema is JSON");
        jsonschema::validator_for(&schema).expect("a schema")
    });
    VALIDATOR.iter_errors(job).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

#[test]
fn a_job_of_kubernetes_fits_its_schema() {
    let campaign = Campaign::plan(40);
    let job = |more: &[&str]| {
        let submit = ["submit", "n", "--engine", "kubernetes", "--dry-run"];
        let done = campaign.run(&[&submit[..], more].concat());
        assert_eq!((done.code, done.err.as_str()), (0, ""), "{}", done.out);
        yaml::read(&done.out)
    };
    let hostile = "a\"b': {}\n- $(x) # `\u{7f}\u{2028}";
    for more in [
        &["--image", "pernet-sim:0.1", "--claim", "nights/one"][..],
        &["--image", "pernet-sim:0.1", "--claim", "nights", "--tasks", "1"],
        &["--image", "yes", "--claim", "7/null", "--tasks", "3", "--at-once", "2"],
        &["--image", hostile, "--claim", hostile, "--program", hostile, "--tasks", "2"],
    ] {
        let job = job(more);
        assert_eq!(job_errors(&job), Vec::<String>::new(), "{job:#}");
        let pod = &job["spec"]["template"]["spec"];
        assert_eq!(pod["containers"][0]["image"], more[1]);
        let (claim, inside) =
            more[3].split_once('/').map_or((more[3], None), |(claim, inside)| (claim, Some(inside)));
        assert_eq!(pod["volumes"][0]["persistentVolumeClaim"]["claimName"], claim);
        assert_eq!(pod["containers"][0]["volumeMounts"][0].get("subPath"), inside.map(Value::from).as_ref());
    }
    // What the schema would not take: it is one that says something.
    let good = job(&["--image", "i", "--claim", "c"]);
    for (at, name, value) in [
        ("/spec", "completionmode", "Indexed".into()),
        ("/spec", "completions", "8".into()),
        ("/spec/template/spec", "restart", "Never".into()),
        ("/spec/template/spec/containers/0", "command", "pernet-sim".into()),
        ("/spec/template/spec/volumes/0", "claim", "c".into()),
        ("", "kind", "Jobs".into()),
    ] {
        let mut bad = good.clone();
        let place = bad.pointer_mut(at).and_then(Value::as_object_mut).expect("a mapping");
        place.insert(name.to_string(), value);
        assert_eq!(job_errors(&bad).len(), 1, "{at}/{name}");
    }
    let mut bad = good.clone();
    bad["spec"].as_object_mut().expect("a mapping").remove("template");
    assert_eq!(job_errors(&bad).len(), 1, "a Job without pods");
}

#[test]
fn an_engine_that_fails_is_told() {
    let campaign = Campaign::plan(40);
    for with in ["./nowhere", "false"] {
        let done = campaign.run(&["submit", "n", "--engine", "slurm", "--with", with]);
        assert!(done.code == 2 && done.err.contains("E355"), "{with}: {}", done.err);
    }
}
