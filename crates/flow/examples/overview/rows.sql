-- What the program would have written about them: one in fifty was decided, taken back and decided again; five slices, one item in ten
-- external, three in a hundred requests that were there before; people and policy, edits, rejections. What is open waits for a person.
INSERT INTO item (id, uid, use_case, source, request_key, request_sha256, fields, audience, slice, state, draft, confidence, attempts, created_at, updated_at)
SELECT i, printf('0190%08x-0000-7000-8000-%012x', i, h), 1, 'bench', i,
       printf('%064x', CASE WHEN h % 100 < 3 THEN h % 1000 ELSE 1000000 + i END),
       json_array(json_object('name', 'message', 'value', 'Where is my parcel ' || i || '? It was to come on Tuesday, and nobody has seen it.')),
       CASE WHEN h % 10 = 0 THEN 'external' ELSE 'internal' END,
       CASE h % 5 WHEN 0 THEN 'billing' WHEN 1 THEN 'returns' WHEN 2 THEN 'shipping' WHEN 3 THEN 'other' END,
       CASE WHEN open THEN 'in_review' WHEN h % 40 = 7 THEN 'rejected' ELSE 'delivered' END, i, 0.5 + (h % 997) / 2000.0, 1, at - 3600000 - h % 7200000, at
FROM made;
INSERT INTO draft (id, item, n, drafter_version, seed, prompt_sha256, text, tokens, confidence, prompt_tokens, output_tokens, ttft_us, tpot_us, stop,
                   route_outcome, route_reason, route_level, route_threshold, created_at, route_words, check_probability, check_drawn, epoch, compute_us)
SELECT i, i, 1, (SELECT id FROM drafter_version WHERE n = stretch), i, '0', 'It left our store on Monday and will be with you by Thursday. Number ' || i || '.',
       '[{"id":1,"text":"It","logprob":-0.1,"alternatives":[],"entropy":0.2,"micros":900}]', 0.5 + (h % 997) / 2000.0, 300, 60,
       120000 + h % 90000, 9000 + h % 4000, 'end', CASE WHEN h % 3 = 1 THEN 'auto' ELSE 'review' END, 'not_confident', 'crawl', 0.8, at - 600000, '', 0.1, 0,
       (SELECT id FROM epoch WHERE n = stretch), 700000 + h % 400000
FROM made;
INSERT INTO decision (id, item, draft, lease_epoch, made_by, actor, verdict, reasons, edit_distance, viewed_ms, level, at, undone_at, undone_by, epoch, charter)
SELECT 2 * i - 1, i, i, 1, 'person', 'Ben', 'approve', '[]', 0, 9000, 'crawl', at - 5000, at - 2000, 'Ben', (SELECT id FROM epoch WHERE n = stretch), 1
FROM made WHERE h % 50 = 11 AND NOT open;
INSERT INTO decision (id, item, draft, lease_epoch, made_by, actor, verdict, text, reasons, edit_distance, viewed_ms, level, at, epoch, charter)
SELECT 2 * i, i, i, 1, CASE WHEN h % 3 = 1 AND h % 40 <> 7 THEN 'policy' ELSE 'person' END, CASE WHEN h % 2 THEN 'Ada' ELSE 'Ben' END,
       CASE WHEN h % 40 = 7 THEN 'reject' WHEN h % 3 <> 1 AND h % 17 = 3 THEN 'edit' ELSE 'approve' END,
       CASE WHEN h % 40 <> 7 AND h % 3 <> 1 AND h % 17 = 3 THEN 'It left on Monday. Number ' || i || '.' END, '[]',
       CASE WHEN h % 40 <> 7 AND h % 3 <> 1 AND h % 17 = 3 THEN (h % 30) / 100.0 ELSE 0 END, 3000 + h % 20000, 'crawl', at,
       (SELECT id FROM epoch WHERE n = stretch), 1
FROM made WHERE NOT open;
INSERT INTO delivery (uid, decision, item, sink, state, not_before, attempts, done_at)
SELECT 'msg_' || i, 2 * i, i, (SELECT id FROM sink LIMIT 1), 'done', at + 10000, 1, at + 11000 FROM made WHERE h % 40 <> 7 AND NOT open;
INSERT INTO event (at, actor, kind, use_case, item) SELECT at, 'Ben', 'approved', 1, i FROM made WHERE NOT open;
DROP TABLE made;
