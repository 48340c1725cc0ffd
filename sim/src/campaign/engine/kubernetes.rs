//! An Indexed Job of Kubernetes: `kubectl apply` takes the manifest.

use super::Job;
use serde_json::to_string;
use std::fmt::Write;

/// Where pods see the campaign's folder.
const MOUNT: &str = "/campaign";

/// A text as JSON quotes it, which YAML reads. What YAML takes for the end of a line, or for nothing that may be in a text, JSON may
/// leave as it is: here it goes by its number.
fn quoted(text: &str) -> String {
    let mut out = String::new();
    for c in to_string(text).expect("a string can be written").chars() {
        let _ = match c {
            ' '..='~' | '\u{10000}'.. => write!(out, "{c}"),
            c => write!(out, "\\u{:04x}", u32::from(c)),
        };
    }
    out
}

/// The manifest.
pub fn manifest(job: &Job) -> String {
    // Kubernetes puts the variable's value in where this stands, without a shell; `$$` stands for a dollar.
    let in_pod = Job { program: job.program.replace('$', "$$"), folder: MOUNT.to_string(), ..job.clone() };
    let mut words = in_pod.words();
    if job.tasks > 1 {
        words.extend(["--part".to_string(), format!("$(JOB_COMPLETION_INDEX)/{}", job.tasks)]);
    }
    let command: Vec<_> = words.iter().map(|word| quoted(word)).collect();
    let (claim, folder) = &job.claim;
    let inside = match folder.is_empty() {
        true => String::new(),
        false => format!("\n              subPath: {}", quoted(folder)),
    };
    format!(
        "\
apiVersion: batch/v1
kind: Job
metadata:
  name: {name}
  labels:
    app.kubernetes.io/name: pernet-sim
spec:
  completionMode: Indexed
  completions: {tasks}
  parallelism: {at_once}
  backoffLimitPerIndex: 3
  template:
    metadata:
      labels:
        app.kubernetes.io/name: pernet-sim
    spec:
      restartPolicy: Never
      containers:
        - name: shards
          image: {image}
          command: [{command}]
          resources:
            requests:
              cpu: \"1\"
              memory: 256Mi
          volumeMounts:
            - name: campaign
              mountPath: {MOUNT}{inside}
      volumes:
        - name: campaign
          persistentVolumeClaim:
            claimName: {claim}
",
        name = job.name(),
        tasks = job.tasks,
        at_once = job.at_once.unwrap_or(job.tasks).min(job.tasks),
        image = quoted(&job.image),
        command = command.join(", "),
        claim = quoted(claim),
    )
}

#[cfg(test)]
mod tests {
    use super::super::tests::job;
    use super::*;

    #[test]
    fn nothing_quoted_ends_a_line() {
        for (text, want) in
            [("a\"b\\\n", r#""a\"b\\\n""#), ("\u{7f}\u{85}\u{2028}å", r#""\u007f\u0085\u2028\u00e5""#)]
        {
            assert_eq!(quoted(text), want);
            assert_eq!(serde_json::from_str::<String>(want).unwrap(), text);
        }
        assert_eq!(quoted("\u{1f600}"), "\"\u{1f600}\"");
    }

    #[test]
    fn a_task_is_an_index() {
        let job = Job { program: "pernet-sim".to_string(), image: "a\"b\nkind: Pod".to_string(), ..job() };
        let manifest = manifest(&job);
        for line in [
            "  completionMode: Indexed\n  completions: 2\n  parallelism: 1\n",
            "          image: \"a\\\"b\\nkind: Pod\"\n",
            r#"command: ["pernet-sim", "campaign", "run-shard", "/campaign", "--index", "0-2,7", "--part", "$(JOB_COMPLETION_INDEX)/2"]"#,
            "              mountPath: /campaign\n              subPath: \"one\"\n",
            "            claimName: \"nights\"\n",
        ] {
            assert!(manifest.contains(line), "{line}\n{manifest}");
        }
    }
}
