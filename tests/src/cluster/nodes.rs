//! Scripts on a node: a pod for debugging runs a script with the processes, the network and the
//! files of the machine (`kubectl debug node`, profile sysadmin). The images of the suite hold no
//! shell, and no process can kill itself with SIGKILL where it is the first of its container.

use anyhow::ensure;

use super::kube::Kube;
use super::pods::Pod;

/// The image of the pod for debugging: it needs a shell and nothing else.
const IMAGE: &str = "busybox:1.37";

/// Runs a script on a node, waits until it ends, and gives what it wrote. Its exit code is not told.
pub fn run(kube: &Kube, node: &str, script: &str) -> anyhow::Result<String> {
    let node = format!("node/{node}");
    kube.run(&arguments(&node, script))
}

/// The arguments of kubectl.
fn arguments<'a>(node: &'a str, script: &'a str) -> Vec<&'a str> {
    // In the namespace `default`: that of the suite takes no pod that may do this.
    let mut arguments = vec!["debug", node, "--namespace", "default", "--quiet"];
    // One argument: `true` alone would be a second target.
    arguments.extend(["--image", IMAGE, "--profile", "sysadmin", "--attach=true", "--"]);
    // Groups by their whole paths, as the machine sees them.
    arguments.extend(["chroot", "/host", "nsenter", "--target", "1", "--cgroup"]);
    arguments.extend(["sh", "-c", script]);
    arguments
}

/// Kills the process of a pod.
pub fn kill(pod: &Pod) -> String {
    format!("{}kill -9 $p", find(pod))
}

/// Takes the memory of the process of a pod away, until the system kills it.
pub fn exhaust(pod: &Pod) -> String {
    let group = "/sys/fs/cgroup$(cut -d: -f3 /proc/$p/cgroup)";
    format!("{}echo 1M > {group}/memory.max", find(pod))
}

/// Drops every packet of pods for so many seconds, in both directions, and writes how many. It waits
/// for the lock of the rules, which kube-proxy takes as well.
pub fn cut_off(pods: &[Pod], seconds: u64) -> String {
    let rules = |change: char| -> String {
        let ways = pods.iter().flat_map(|pod| [("-s", &pod.address), ("-d", &pod.address)]);
        let rules = ways.map(|(way, address)| {
            format!("iptables -w -{change} FORWARD {way} {address} -j DROP; ")
        });
        rules.collect::<Vec<_>>().concat()
    };
    let (cut, undo) = (rules('I'), rules('D'));
    format!(
        "trap '{undo}' EXIT; trap 'exit 1' HUP INT TERM; {cut}sleep {seconds}; iptables -w -nvxL FORWARD"
    )
}

/// How many packets of pods were dropped, by what the script wrote. An error if none was for one of
/// them: then it was not cut off.
pub fn dropped(written: &str, pods: &[Pod]) -> anyhow::Result<u64> {
    let of = |pod: &Pod| -> u64 {
        let rules = written.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
        let own = rules.filter(|words| {
            words.get(2) == Some(&"DROP") && words.iter().any(|word| *word == pod.address)
        });
        own.filter_map(|words| words[0].parse::<u64>().ok()).sum()
    };
    ensure!(!pods.is_empty(), "there was no pod to cut off");
    for pod in pods {
        ensure!(
            of(pod) > 0,
            "no packet of {} ({}) was dropped on the node {}: its network does not pass through \
             the chain FORWARD of iptables, or there is no iptables; it was not cut off. The node \
             wrote: {written:?}",
            pod.name,
            pod.address,
            pod.node,
        );
    }
    Ok(pods.iter().map(of).sum())
}

/// Finds the process of a pod by its group: `p` is its number.
fn find(pod: &Pod) -> String {
    // The driver of the groups writes the uid with one sign or the other.
    let (uid, other) = (&pod.uid, pod.uid.replace('-', "_"));
    format!(
        "for f in $(grep -lE '{uid}|{other}' /proc/[0-9]*/cgroup); do d=${{f%/cgroup}}; [ \"$(cat $d/comm)\" = service ] && p=${{d#/proc/}}; done; [ -n \"$p\" ] && "
    )
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;
    use std::process::Command;

    use super::*;

    fn pod() -> Pod {
        Pod {
            name: "agreements-1".to_owned(),
            service: "agreements".to_owned(),
            uid: "1-2".to_owned(),
            node: "a".to_owned(),
            address: "10.0.0.1".to_owned(),
            is_ready: true,
            restarts: 0,
        }
    }

    /// The list of rules, as iptables writes it.
    const LISTED: &str = "\
Chain FORWARD (policy ACCEPT 7 packets, 420 bytes)
    pkts      bytes target     prot opt in     out     source               destination
      12      720 DROP       0    --  *      *       0.0.0.0/0            10.0.0.1
       3      180 DROP       0    --  *      *       10.0.0.1             0.0.0.0/0
      99     9999 DROP       0    --  *      *       10.0.0.11            0.0.0.0/0
      88     8888 ACCEPT     0    --  *      *       10.0.0.1             0.0.0.0/0
";

    #[test]
    fn kubectl_waits_for_a_script_and_takes_it_as_one_argument() {
        let arguments = arguments("node/a", "kill -9 1");

        assert_eq!(arguments[..2], ["debug", "node/a"]);
        assert!(arguments.contains(&"--attach=true"), "{arguments:?}");
        let (own, program) =
            arguments.split_at(arguments.iter().position(|it| *it == "--").unwrap());
        assert!(!own.contains(&"true") && !own.contains(&"--attach"), "{own:?}");
        assert_eq!(program.last(), Some(&"kill -9 1"));
    }

    /// Runs the script with an iptables that writes down how it was called, and knows what it was
    /// told to drop.
    fn run_here(script: &str) -> (String, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        let (program, log) = (folder.path().join("iptables"), folder.path().join("log"));
        let text = format!(
            "#!/bin/sh\necho \"$@\" >> {}\n[ $2 != -nvxL ] || cat <<'.'\n{LISTED}.\n",
            log.display()
        );
        fs::write(&program, text).unwrap();
        fs::set_permissions(&program, Permissions::from_mode(0o755)).unwrap();
        let path = format!("{}:/usr/bin:/bin", folder.path().display());
        let output = Command::new("sh").args(["-c", script]).env("PATH", path).output().unwrap();
        let called = fs::read_to_string(log).unwrap_or_default();
        let written = String::from_utf8(output.stdout).unwrap();
        (written, called.lines().map(str::to_owned).collect())
    }

    #[test]
    fn a_script_takes_back_what_it_did_to_the_network_and_tells_what_was_dropped() {
        let (written, called) = run_here(&cut_off(&[pod()], 0));

        let expected = [
            "-w -I FORWARD -s 10.0.0.1 -j DROP",
            "-w -I FORWARD -d 10.0.0.1 -j DROP",
            "-w -nvxL FORWARD",
            "-w -D FORWARD -s 10.0.0.1 -j DROP",
            "-w -D FORWARD -d 10.0.0.1 -j DROP",
        ];
        assert_eq!(called, expected);
        assert_eq!(dropped(&written, &[pod()]).unwrap(), 15);
        let stopped = cut_off(&[pod()], 0).replace("sleep 0", "kill -TERM $$");
        let (_, called) = run_here(&stopped);
        assert_eq!(called.last().map(String::as_str), Some(expected[4]), "{called:?}");
    }

    #[test]
    fn a_cut_that_dropped_nothing_is_no_cut() {
        let other = Pod { name: "projects-1".to_owned(), address: "10.0.0.2".to_owned(), ..pod() };

        for written in
            ["", "sh: iptables: not found", &LISTED.replace(" 12 ", " 0 ").replace(" 3 ", " 0 ")]
        {
            let error = dropped(written, &[pod()]).unwrap_err().to_string();
            assert!(error.contains("no packet of agreements-1 (10.0.0.1)"), "{error}");
        }
        let error = dropped(LISTED, &[pod(), other]).unwrap_err().to_string();
        assert!(error.contains("no packet of projects-1"), "one of them was not: {error}");
        dropped(LISTED, &[]).unwrap_err();
    }

    #[test]
    fn scripts_are_read_by_a_shell() {
        for script in [kill(&pod()), exhaust(&pod()), cut_off(&[pod()], 1)] {
            let read = Command::new("sh").args(["-n", "-c", &script]).status();
            assert!(read.expect("there is a shell").success(), "{script}");
        }
    }
}
