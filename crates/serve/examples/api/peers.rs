//! What stands beside the figures: the disk itself, and PostgreSQL.

use crate::Done;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// How often a second 4 KiB can be appended to a file and be on disk.
pub fn fsync_rate(folder: &Path) -> Done<f64> {
    let path = folder.join("fsync");
    let mut file = std::fs::File::create(&path)?;
    let (start, block, mut times) = (Instant::now(), [7u8; 4096], 0u32);
    while start.elapsed() < Duration::from_secs(3) {
        file.write_all(&block)?;
        file.sync_data()?;
        times += 1;
    }
    let rate = f64::from(times) / start.elapsed().as_secs_f64();
    std::fs::remove_file(&path)?;
    Ok(rate)
}

const SCHEMA: &str = "
CREATE TABLE item (id bigserial PRIMARY KEY, uid uuid NOT NULL UNIQUE, use_case bigint NOT NULL, source text NOT NULL, request_key text NOT NULL,
  request_sha256 text NOT NULL, fields text NOT NULL, state text NOT NULL, priority int NOT NULL, created_at bigint NOT NULL, UNIQUE (use_case, source, request_key));
CREATE INDEX ON item (use_case, state, priority DESC, id);
CREATE TABLE event (id bigserial PRIMARY KEY, at bigint NOT NULL, actor text NOT NULL, kind text NOT NULL, item bigint NOT NULL REFERENCES item (id));
CREATE INDEX ON event (item, id);
CREATE TABLE reply (token bigint NOT NULL, key text NOT NULL, request_sha256 text NOT NULL, reply text NOT NULL, at bigint NOT NULL, PRIMARY KEY (token, key));
";

fn transaction() -> String {
    format!(
        "\\set n random(1, 9000000000000000)
BEGIN;
SELECT 1 FROM reply WHERE token = 1 AND key = 'k' || :n || '-' || :client_id;
WITH made AS (INSERT INTO item (uid, use_case, source, request_key, request_sha256, fields, state, priority, created_at)
  VALUES (gen_random_uuid(), 1, 'api', 'id:' || :n || '-' || :client_id, repeat('a', 64), '{}', 'received', 0, 1790000000000) RETURNING id)
INSERT INTO event (at, actor, kind, item) SELECT 1790000000000, 'gait', 'received', id FROM made;
INSERT INTO reply VALUES (1, 'k' || :n || '-' || :client_id, repeat('b', 64), '[{{\"status\":\"accepted\",\"uid\":\"x\"}}]', 1790000000000);
COMMIT;
",
        serde_json::json!([{ "name": "message", "value": crate::WORDS }])
    )
}

/// Transactions a second with the same rows and the same durability.
pub fn postgres(folder: &Path, clients: usize, seconds: u64) -> Result<f64, String> {
    let tools = tools().ok_or("it is not installed")?;
    drop(std::fs::remove_dir_all(folder));
    std::fs::create_dir_all(folder).map_err(|e| e.to_string())?;
    let peer = Peer { tools, folder: folder.to_owned(), user: user(folder)? };
    let told = peer.measure(clients, seconds);
    drop(peer.run("pg_ctl", &["-D", &peer.data(), "-m", "immediate", "stop"]));
    drop(std::fs::remove_dir_all(folder));
    told
}

/// The newest that Debian has put there.
fn tools() -> Option<PathBuf> {
    let mut found: Vec<PathBuf> =
        std::fs::read_dir("/usr/lib/postgresql").ok()?.filter_map(|entry| Some(entry.ok()?.path().join("bin"))).collect();
    found.sort();
    found.pop().filter(|bin| bin.join("pgbench").exists())
}

/// It refuses to run as root: then it is run as the user that its package made.
fn user(folder: &Path) -> Result<Option<&'static str>, String> {
    let is_root = Command::new("id").arg("-u").output().is_ok_and(|told| told.stdout.starts_with(b"0\n"));
    if !is_root {
        return Ok(None);
    }
    let owned = Command::new("chown").arg("postgres").arg(folder).status().is_ok_and(|status| status.success());
    if owned { Ok(Some("postgres")) } else { Err("there is no user postgres".into()) }
}

struct Peer {
    tools: PathBuf,
    folder: PathBuf,
    user: Option<&'static str>,
}

impl Peer {
    fn data(&self) -> String {
        self.folder.join("data").display().to_string()
    }

    fn run(&self, tool: &str, words: &[&str]) -> Result<String, String> {
        let tool_path = self.tools.join(tool);
        let mut command = match self.user {
            Some(user) => {
                let mut command = Command::new("runuser");
                command.args(["-u", user, "--"]).arg(tool_path);
                command
            }
            None => Command::new(tool_path),
        };
        let done = command.args(words).current_dir(&self.folder).output().map_err(|e| format!("{tool}: {e}"))?;
        if done.status.success() {
            return Ok(String::from_utf8_lossy(&done.stdout).into_owned());
        }
        Err(format!("{tool}: {}", String::from_utf8_lossy(&done.stderr).lines().next_back().unwrap_or_default()))
    }

    fn measure(&self, clients: usize, seconds: u64) -> Result<f64, String> {
        let folder = self.folder.display().to_string();
        let (schema, script) = (self.folder.join("schema.sql"), self.folder.join("transaction.sql"));
        std::fs::write(&schema, SCHEMA).and_then(|()| std::fs::write(&script, transaction())).map_err(|e| e.to_string())?;
        self.run("initdb", &["-D", &self.data(), "-A", "trust"])?;
        let options = format!("-c listen_addresses='' -c unix_socket_directories={folder} -c max_connections=100");
        self.run("pg_ctl", &["-D", &self.data(), "-o", &options, "-l", &self.folder.join("log").display().to_string(), "-w", "start"])?;
        self.run("psql", &["-h", &folder, "-d", "postgres", "-q", "-f", &schema.display().to_string()])?;
        let (clients, seconds) = (clients.to_string(), seconds.to_string());
        let script = script.display().to_string();
        let words = ["-h", &folder, "-d", "postgres", "-n", "-M", "prepared", "-c", &clients, "-j", "2", "-T", &seconds, "-f", &script];
        let told = self.run("pgbench", &words)?;
        let rate = told.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse().ok());
        rate.ok_or_else(|| "pgbench told no rate".to_owned())
    }
}
