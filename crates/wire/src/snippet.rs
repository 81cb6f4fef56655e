//! The lines that bring a data volume into a job, ready to be pasted.

use domain::{ShareMode, VolumePath};

/// A Slurm job script that finds the data volume at this path.
pub fn slurm_script(volume: &str, project: &str, mode: ShareMode, path: &str) -> String {
    let project: String = project.chars().filter(|c| !c.is_control()).collect();
    format!(
        "#!/bin/bash\n\
         #SBATCH --job-name=train\n\
         #SBATCH --nodes=1\n\
         \n\
         # {volume}, {mode} for {project}\n\
         export DATA={path}\n\
         \n\
         srun python train.py --data \"$DATA\"\n",
        path = quoted(path),
    )
}

/// A pod that lists the claim at `namespace/claim`, or that folder of it. The claim's own read-only wins over what a pod asks for;
/// it is asked for all the same, so that a reader of the manifest knows.
pub fn pod_manifest(location: &str, sub_path: &VolumePath, mode: ShareMode) -> String {
    let (namespace, claim) = location.split_once('/').unwrap_or(("default", location));
    let is_read_only = mode == ShareMode::ReadOnly;
    let sub_path = if sub_path.is_root() {
        String::new()
    } else {
        // In YAML's single quotes only those are written twice.
        let quoted = sub_path.as_str().replace('\'', "''");
        format!("\n          subPath: '{quoted}'")
    };
    format!(
        "apiVersion: v1\n\
         kind: Pod\n\
         metadata:\n  \
           name: train\n  \
           namespace: {namespace}\n\
         spec:\n  \
           restartPolicy: Never\n  \
           containers:\n    \
             - name: train\n      \
               image: python:3\n      \
               command: [\"ls\", \"-l\", \"/data\"]\n      \
               volumeMounts:\n        \
                 - name: data\n          \
                   mountPath: /data{sub_path}\n          \
                   readOnly: {is_read_only}\n  \
           volumes:\n    \
             - name: data\n      \
               persistentVolumeClaim:\n        \
                 claimName: {claim}\n        \
                 readOnly: {is_read_only}\n",
    )
}

/// A word for the shell, whatever is in it.
fn quoted(text: &str) -> String {
    let is_plain =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '-' | '_' | '.' | ':' | '+' | ',');
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_one_word_for_the_shell() {
        assert_eq!(
            quoted("/srv/projects/vision/imagenet-1k"),
            "/srv/projects/vision/imagenet-1k"
        );
        assert_eq!(quoted("/srv/a b"), "'/srv/a b'");
        assert_eq!(quoted("/srv/$(id)'x"), r"'/srv/$(id)'\''x'");
    }

    #[test]
    fn the_script_names_the_project_and_the_path() {
        let path = "/srv/speech/shared/imagenet";
        let script = slurm_script("imagenet", "Speech\nrm -rf", ShareMode::ReadOnly, path);
        assert!(script.contains(
            "# imagenet, read-only for Speechrm -rf\nexport DATA=/srv/speech/shared/imagenet\n"
        ));
    }

    #[test]
    fn the_pod_runs_in_the_namespace_of_the_claim() {
        let manifest = pod_manifest("speech/imagenet", &VolumePath::root(), ShareMode::ReadOnly);
        for line in [
            "\n  namespace: speech\n",
            "\n        claimName: imagenet\n        readOnly: true\n",
        ] {
            assert!(manifest.contains(line), "{manifest}");
        }
        let written = pod_manifest("speech/imagenet", &VolumePath::root(), ShareMode::ReadWrite);
        assert!(!written.contains("readOnly: true"));
    }

    #[test]
    fn a_pod_of_one_folder_of_the_claim_names_it_as_one_word() {
        let folder = "it's/数据: a".parse().unwrap();
        let manifest = pod_manifest("vision/data", &folder, ShareMode::ReadWrite);
        let line = "\n          mountPath: /data\n          subPath: 'it''s/数据: a'\n          readOnly: false\n";
        assert!(manifest.contains(line), "{manifest}");
    }
}
