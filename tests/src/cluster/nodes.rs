//! Scripts on a node: a pod for debugging runs a script with the processes, the network and the
//! files of the machine (`kubectl debug node`, profile sysadmin). The images of the suite hold no
//! shell, and no process can kill itself with SIGKILL where it is the first of its container.

use super::kube::Kube;
use super::pods::Pod;

/// The image of the pod for debugging: it needs a shell and nothing else.
const IMAGE: &str = "busybox:1.37";

/// Runs a script on a node, and waits until it ends where `waits`.
pub fn run(kube: &Kube, node: &str, script: &str, waits: bool) -> anyhow::Result<()> {
    let node = format!("node/{node}");
    // In the namespace `default`: that of the suite takes no pod that may do this.
    let mut arguments = vec!["debug", &node, "--namespace", "default", "--quiet"];
    arguments.extend(["--image", IMAGE, "--profile", "sysadmin"]);
    if waits {
        // One argument: `true` alone would be a second target.
        arguments.push("--attach=true");
    }
    // Groups by their whole paths, as the machine sees them.
    let within = ["chroot", "/host", "nsenter", "--target", "1", "--cgroup"];
    arguments.push("--");
    arguments.extend(within);
    arguments.extend(["sh", "-c", script]);
    kube.run(&arguments).map(drop)
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

/// Drops every packet of pods for so many seconds, in both directions.
pub fn cut_off(pods: &[Pod], seconds: u64) -> String {
    let rules = |change: char| -> String {
        let addresses = pods.iter().map(|pod| &pod.address);
        let rules = addresses.map(|address| {
            format!(
                "iptables -{change} FORWARD -s {address} -j DROP; iptables -{change} FORWARD -d {address} -j DROP; "
            )
        });
        rules.collect::<Vec<_>>().concat()
    };
    format!("{}sleep {seconds}; {}true", rules('I'), rules('D'))
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

    #[test]
    fn a_script_takes_back_what_it_did_to_the_network() {
        let script = cut_off(&[pod()], 20);

        let expected = "iptables -I FORWARD -s 10.0.0.1 -j DROP; iptables -I FORWARD -d 10.0.0.1 -j DROP; sleep 20; \
            iptables -D FORWARD -s 10.0.0.1 -j DROP; iptables -D FORWARD -d 10.0.0.1 -j DROP; true";
        assert_eq!(script, expected);
    }

    #[test]
    fn scripts_are_read_by_a_shell() {
        for script in [kill(&pod()), exhaust(&pod()), cut_off(&[pod()], 1)] {
            let read = std::process::Command::new("sh").args(["-n", "-c", &script]).status();
            assert!(read.expect("there is a shell").success(), "{script}");
        }
    }
}
