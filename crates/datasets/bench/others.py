"""others.py DECISIONS.jsonl FOLDER: the same filter and write as Gait's plain export, by DuckDB's COPY and by pandas.

Reads decisions, keeps those that were approved or edited, and writes JSONL with a list of messages. Neither splits by group, cuts files,
syncs, sums or keeps lineage; Gait's plain export does. Each runs in a process of its own, so that the peak of its memory is its own.
"""
import json, multiprocessing, os, resource, sys, time

def by_duckdb(source, target):
    import duckdb
    d = duckdb.connect(); d.execute("SET threads = 2")
    d.execute(f"""COPY (
        SELECT [{{'role': 'system', 'content': system}}, {{'role': 'user', 'content': prompt[1].content}},
                {{'role': 'assistant', 'content': CASE verdict WHEN 'edit' THEN edited ELSE draft END}}] AS messages, id, weight
        FROM read_json('{source}', format = 'newline_delimited', columns = {{id: 'VARCHAR', system: 'VARCHAR', verdict: 'VARCHAR', draft: 'VARCHAR',
             edited: 'VARCHAR', weight: 'DOUBLE', prompt: 'STRUCT(role VARCHAR, content VARCHAR)[]'}})
        WHERE verdict IN ('approve', 'edit')) TO '{target}' (FORMAT json)""")

def by_pandas(source, target):
    import pandas
    with open(target, "w") as out:
        for part in pandas.read_json(source, lines=True, chunksize=50_000):
            part = part[part["verdict"].isin(["approve", "edit"])]
            text = part["draft"].where(part["verdict"] == "approve", part["edited"])
            part["messages"] = [[{"role": "system", "content": s}, {"role": "user", "content": p[0]["content"]}, {"role": "assistant", "content": t}]
                                for s, p, t in zip(part["system"], part["prompt"], text)]
            part[["messages", "id", "weight"]].to_json(out, orient="records", lines=True, force_ascii=False)

def measured(name, work, source, target, told):
    start = time.monotonic(); work(source, target)
    used = resource.getrusage(resource.RUSAGE_SELF)
    told.put((name, time.monotonic() - start, used.ru_utime + used.ru_stime, used.ru_maxrss // 1024))

if __name__ == "__main__":
    source, folder = sys.argv[1:3]
    rows = sum(1 for _ in open(source, "rb"))
    for name, work in (("DuckDB COPY", by_duckdb), ("pandas", by_pandas)):
        target, told = os.path.join(folder, name.split()[0] + ".jsonl"), multiprocessing.Queue()
        p = multiprocessing.get_context("fork").Process(target=measured, args=(name, work, source, target, told)); p.start(); p.join()
        if p.exitcode: sys.exit(f"{name} failed")
        name, seconds, worked, peak = told.get(); first = json.loads(open(target).readline())
        print(f"{name}: {rows} decisions, {sum(1 for _ in open(target, 'rb'))} rows, {seconds:.2f} s, {rows / seconds:.0f} a second, {worked:.2f} s of processor time ({rows / worked:.0f} a second of it), peak memory {peak} MiB, {len(first['messages'])} messages")
