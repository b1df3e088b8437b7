//! haproxy and nginx in front of a service, on loopback, with files of their own.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::available_parallelism;

use anyhow::Context;
use e2e::{Process, free_address};

/// A running proxy; it ends with this.
pub struct Balancer {
    pub name: &'static str,
    /// Where it answers.
    pub address: SocketAddr,
    pub process: Process,
}

impl Balancer {
    /// Starts haproxy with as many threads as the gateway has.
    pub fn haproxy(folder: &Path, service: SocketAddr) -> anyhow::Result<Self> {
        let mut command = Command::new(found("haproxy")?);
        let (address, file) = (free_address(), folder.join("haproxy.cfg"));
        let threads = available_parallelism()?;
        let text = format!(
            "global
    nbthread {threads}
    maxconn 4096
defaults
    mode http
    option http-no-delay
    timeout connect 5s
    timeout client 1h
    timeout server 1h
frontend callers
    bind {address} proto h2
    default_backend agreements
backend agreements
    http-reuse always
    server agreements {service} proto h2
"
        );
        fs::write(&file, text)?;
        // In the foreground.
        command.arg("-db").arg("-f").arg(file);
        Ok(Self::start("haproxy", address, &mut command, folder))
    }

    /// Starts nginx with as many workers as the gateway has threads. It has one call at a time on
    /// each connection to the service, so it keeps one for each caller.
    pub fn nginx(folder: &Path, service: SocketAddr) -> anyhow::Result<Self> {
        let mut command = Command::new(found("nginx")?);
        let (address, file) = (free_address(), folder.join("nginx.conf"));
        let (workers, place) = (available_parallelism()?, folder.join("nginx"));
        fs::create_dir(&place)?;
        let own = place.display();
        let text = format!(
            "daemon off;
worker_processes {workers};
pid {own}/pid;
error_log stderr crit;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    client_body_temp_path {own}/body;
    proxy_temp_path {own}/proxy;
    fastcgi_temp_path {own}/fastcgi;
    uwsgi_temp_path {own}/uwsgi;
    scgi_temp_path {own}/scgi;
    keepalive_requests 1000000000;
    upstream agreements {{
        server {service};
        keepalive 256;
        keepalive_requests 1000000000;
    }}
    server {{
        listen {address} http2;
        grpc_buffer_size 64k;
        location / {{ grpc_pass grpc://agreements; }}
    }}
}}
"
        );
        fs::write(&file, text)?;
        command.args(["-e", "stderr", "-p"]).arg(&place).arg("-c").arg(file);
        Ok(Self::start("nginx", address, &mut command, folder))
    }

    fn start(
        name: &'static str,
        address: SocketAddr,
        command: &mut Command,
        folder: &Path,
    ) -> Self {
        let mut process = Process::start(command, &folder.join(format!("{name}.log")));
        process.wait_for(address);
        Self { name, address, process }
    }
}

/// nginx ends its workers when it is asked to stop, and leaves them behind when it is killed.
impl Drop for Balancer {
    fn drop(&mut self) {
        self.process.stop();
    }
}

fn found(name: &str) -> anyhow::Result<PathBuf> {
    let found = testkit::tool(name);
    found.with_context(|| format!("{name} is missing: run `cargo xtask bench gateway`"))
}
