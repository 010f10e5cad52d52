-- What the program would have written about them: one in fifty was decided, taken back and decided again; five slices, one item in ten
-- external, three in a hundred requests that were there before; people and policy, edits, rejections; one in ten of what policy let go audited, one in twenty of
-- what people decided judged again, one in 500 known to be bad. What is open waits for a person.
INSERT INTO item (id, uid, use_case, source, request_key, request_sha256, fields, audience, slice, state, draft, confidence, attempts, created_at, updated_at, seeded)
SELECT i, printf('0190%08x-0000-7000-8000-%012x', i, h), 1, 'bench', i,
       printf('%064x', CASE WHEN h % 100 < 3 THEN h % 1000 ELSE 1000000 + i END),
       json_array(json_object('name', 'message', 'value', 'Where is my parcel ' || i || '? It was to come on Tuesday, and nobody has seen it.')),
       CASE WHEN h % 10 = 0 THEN 'external' ELSE 'internal' END,
       slice,
       CASE WHEN open OR known THEN 'in_review' WHEN h % 40 = 7 THEN 'rejected' ELSE 'delivered' END, i, 0.5 + (h % 997) / 2000.0, 1, at - 3600000 - h % 7200000, at, known AND NOT open
FROM made;
INSERT INTO draft (id, item, n, drafter_version, seed, prompt_sha256, text, tokens, confidence, prompt_tokens, output_tokens, ttft_us, tpot_us, stop,
                   route_outcome, route_reason, route_level, route_threshold, created_at, route_words, check_probability, check_drawn, epoch, compute_us, features,
                   raw_confidence)
SELECT i, i, 1, (SELECT id FROM drafter_version WHERE n = stretch), i, '0', 'It left our store on Monday and will be with you by Thursday. Number ' || i || '.',
       '[{"id":1,"text":"It","logprob":-0.1,"alternatives":[],"entropy":0.2,"micros":900}]', 0.5 + (h % 997) / 2000.0, 300, 60,
       120000 + h % 90000, 9000 + h % 4000, 'end', CASE WHEN h % 3 = 1 THEN 'auto' ELSE 'review' END, 'not_confident', 'crawl', 0.8, at - 600000, '', 0.1, 0,
       (SELECT id FROM epoch WHERE n = stretch), 700000 + h % 400000,
       CASE WHEN featured THEN json_object('version', 1, 'mean_logprob', -(h % 997) / 2000.0, 'min_logprob', -(h % 991) / 300.0,
         'low_logprob', -(h % 983) / 900.0, 'mean_entropy', (h % 977) / 1000.0, 'max_entropy', (h % 971) / 300.0, 'log_length', 4.1,
         'similarity', (h % 967) / 967.0, 'slice_acceptance', 0.9 + (h % 5) / 60.0, 'schema_valid', NULL, 'held', json('false')) END,
       CASE WHEN featured THEN 0.5 + (h % 997) / 2000.0 END
FROM made;
INSERT INTO decision (id, item, draft, lease_epoch, made_by, actor, verdict, reasons, edit_distance, viewed_ms, level, at, undone_at, undone_by, epoch, charter)
SELECT 2 * i - 1, i, i, 1, 'person', 'Ben', 'approve', '[]', 0, 9000, 'crawl', at - 5000, at - 2000, 'Ben', (SELECT id FROM epoch WHERE n = stretch), 1
FROM made WHERE h % 50 = 11 AND NOT open;
INSERT INTO decision (id, item, draft, lease_epoch, made_by, actor, verdict, text, reasons, edit_distance, viewed_ms, level, at, epoch, charter)
SELECT 2 * i, i, i, 1, CASE WHEN alone AND NOT known THEN 'policy' ELSE 'person' END, CASE WHEN alone AND NOT known THEN 'gait' WHEN h % 2 THEN 'Ada' ELSE 'Ben' END,
       CASE WHEN h % 40 = 7 THEN 'reject' WHEN h % 3 <> 1 AND h % 17 = 3 THEN 'edit' ELSE 'approve' END,
       CASE WHEN h % 40 <> 7 AND h % 3 <> 1 AND h % 17 = 3 THEN 'It left on Monday. Number ' || i || '.' END, '[]',
       CASE WHEN h % 40 <> 7 AND h % 3 <> 1 AND h % 17 = 3 THEN (h % 30) / 100.0 ELSE 0 END, 3000 + h % 20000, 'crawl', at,
       (SELECT id FROM epoch WHERE n = stretch), 1
FROM made WHERE NOT open;
INSERT INTO delivery (uid, decision, item, sink, state, not_before, attempts, done_at)
SELECT 'msg_' || i, 2 * i, i, (SELECT id FROM sink LIMIT 1), 'done', at + 10000, 1, at + 11000 FROM made WHERE h % 40 <> 7 AND NOT open AND NOT known;
INSERT INTO event (at, actor, kind, use_case, item) SELECT at, 'Ben', 'approved', 1, i FROM made WHERE NOT open;
INSERT INTO audit (kind, item, decision, epoch, slice, probability, created_at, delivered_at, due_at, state, verdict, edit_distance, viewed_ms,
                   loss, bad, actor, at)
SELECT 'audit', i, 2 * i, (SELECT id FROM epoch WHERE n = stretch), slice, CASE WHEN h % 4 = 0 THEN 0.2 ELSE 0.1 END, at, at + 11000,
       at + 86411000, iif(fresh, 'open', 'done'), iif(fresh, NULL, iif(h % 47 = 5, 'reject', 'approve')), iif(fresh, NULL, 0),
       iif(fresh, NULL, 9000), iif(fresh, NULL, h % 47 = 5), iif(fresh, NULL, h % 47 = 5), iif(fresh, NULL, 'Ada'), iif(fresh, NULL, at + 20000)
FROM made WHERE alone AND NOT open AND NOT known AND h / 3 % 10 = 0;
INSERT INTO correction (item, decision, audit, text, state, opened_at, ended_at, ended_by)
SELECT item, decision, id, 'It left on Tuesday.', iif(item % 50 = 0, 'open', 'dismissed'), at, iif(item % 50 = 0, NULL, at + 60000),
       iif(item % 50 = 0, NULL, 'Ada')
FROM audit WHERE bad = 1 AND item BETWEEN (SELECT min(i) FROM made) AND (SELECT max(i) FROM made);
INSERT INTO audit (kind, item, decision, epoch, slice, probability, created_at, delivered_at, due_at, state)
SELECT 're_review', i, 2 * i, (SELECT id FROM epoch WHERE n = stretch), slice, 0.05, at, at, at + 86400000, 'open'
FROM made WHERE NOT alone AND NOT open AND NOT known AND h / 7 % 20 = 0;
UPDATE audit SET state = 'done', verdict = iif(h % 40 = 7 OR h % 31 = 4, 'reject', 'approve'), edit_distance = 0, viewed_ms = 9000,
  loss = h % 40 = 7 OR h % 31 = 4, bad = h % 40 = 7 OR h % 31 = 4, actor = iif(h % 2, 'Ben', 'Ada'), at = made.at + 20000
FROM made WHERE audit.kind = 're_review' AND audit.state = 'open' AND audit.item = made.i;
UPDATE item SET state = 'rejected' WHERE id IN (SELECT i FROM made WHERE known AND NOT open);
INSERT INTO seeded (item, use_case, original, draft, audience, fault, made_by, at, decision, epoch, caught)
SELECT i, 1, max(1, i - 1), i, CASE WHEN h % 10 = 0 THEN 'external' ELSE 'internal' END, iif(h % 2, 'wrong_number', 'missing_step'), 'Ada',
       at - 90000, 2 * i, (SELECT id FROM epoch WHERE n = stretch), h % 40 = 7 OR (h % 3 <> 1 AND h % 17 = 3)
FROM made WHERE known AND NOT open;
DROP TABLE made;
