-- What a database of version 4 holds after some use: an item in each state, on each way that led there, at walk, with a pause.
PRAGMA application_id = 0x47414954;
PRAGMA user_version = 4;
INSERT INTO meta VALUES ('generation', 'x');
INSERT INTO model (id, sha256, path, source, facts, added_at)
VALUES (1, 'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb', '/gone.gguf', 'imported',
  '{"sha256":"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb","bytes":1,"name":"Old","architecture":"llama","parameters":1,"quantisation":"Q8_0","context":1024,"vocabulary":1,"chat_template":null,"license":null}', 1);
INSERT INTO use_case (id, name, guidelines, audience, reasons, threshold, check_share, floor, level, sampling, created_at, updated_at, paused_at, paused_by, paused_why)
VALUES (1, 'Replies', '', 'internal', '[]', 0.9, 0.005, 0.8, 'walk', '{"temperature":0.0,"top_k":0,"top_p":1.0,"min_p":0.0,"repeat_penalty":1.0,"max_tokens":400,"stop":[]}', 5, 5, 6, 'Ada', 'a feast');
INSERT INTO prompt VALUES (1, 1, 1, 'You answer.', '{{ message }}', 5), (2, 1, 2, 'You answer well.', '{{ message }}', 5);
INSERT INTO drafter_version SELECT 1, 1, 1, 1, 1, sampling, 5 FROM use_case;
INSERT INTO drafter_version SELECT 2, 1, 2, 1, 2, sampling, 5 FROM use_case;
UPDATE use_case SET prompt = 2, drafter_version = 2;
INSERT INTO charter (use_case, n, charter, changed_by, note, at)
SELECT 1, n, '{"why":"","risk":{"cost":"low","what":"","who":"","reversible":true},"role":{"part":"auxiliary","initiative":"reactive","behaviour":"static"},"audience":"internal","bad":{"distance":0.1,"grades":null},"limits":{"walk":{"epsilon":0.05,"delta":0.05},"run":{"epsilon":0.01,"delta":0.05}},"targets":{"share_automated":null,"volume_per_day":null,"response_seconds":null,"hours_saved_per_month":null},"minimum":{"quality":null,"ttft_ms":null,"tpot_ms":null,"cost_per_request":null,"slice_gap":null},"milestones":[]}', 'Ada', '', 5
FROM (SELECT 1 AS n UNION SELECT 2);
INSERT INTO hold_rules (use_case, n, rules, changed_by, at) VALUES (1, 1, '[]', 'gait', 5);
INSERT INTO epoch (use_case, n, drafter_version, threshold, check_share, hold_rules, charter, started_at, why)
VALUES (1, 1, 1, 0.9, 0.1, 1, 1, 5, 'first'), (1, 2, 2, 0.9, 0.1, 1, 1, 5, 'another drafter version'), (1, 3, 2, 0.9, 0.005, 1, 1, 6, 'share to check 0.1 → 0.005');
INSERT INTO sink (id, use_case, kind, path, audience, removed_at) VALUES (1, 1, 'outbox', '/box.jsonl', NULL, NULL);
WITH RECURSIVE each (id) AS (SELECT 1 UNION SELECT id + 1 FROM each WHERE id < 12)
INSERT INTO item (id, uid, use_case, source, request_key, request_sha256, fields, audience, slice, state, created_at, updated_at, last_error, attempts, lease_owner, lease_epoch, lease_until)
SELECT id, 'uid-' || id, 1, 'f', id, printf('%064d', id), json_array(json_object('name', 'message', 'value', 'request ' || id)), 'internal', iif(id % 2, 'odd', NULL),
       CASE id WHEN 1 THEN 'received' WHEN 2 THEN 'drafting' WHEN 3 THEN 'in_review' WHEN 4 THEN 'in_review' WHEN 5 THEN 'escalated' WHEN 6 THEN 'approved'
               WHEN 7 THEN 'approved' WHEN 8 THEN 'delivered' WHEN 9 THEN 'delivered' WHEN 10 THEN 'failed' WHEN 11 THEN 'rejected' ELSE 'in_review' END,
       7, 7, iif(id = 10, 'too long', NULL), iif(id = 10, 3, 1),
       CASE id WHEN 2 THEN 'worker-gone' WHEN 3 THEN 'Ben' END, 1, CASE id WHEN 2 THEN 8 WHEN 3 THEN 8 END
FROM each;
INSERT INTO item_text (rowid, body) SELECT id, fields FROM item;
INSERT INTO draft (id, item, n, drafter_version, seed, prompt_sha256, text, tokens, confidence, prompt_tokens, output_tokens, ttft_us, tpot_us, stop, route_outcome, route_reason, route_level, route_threshold, created_at,
                   route_words, check_probability, check_drawn, epoch)
SELECT id, id, 1, iif(id = 9, 1, 2), 1, '', 'Draft ' || id, '[]', iif(id IN (7, 8, 4), 0.95, 0.5), 1, 1, 1, 1, 'end', iif(id IN (7, 8), 'auto', 'review'),
       CASE WHEN id IN (7, 8) THEN 'confident' WHEN id = 4 THEN 'spot_check' ELSE 'not_confident' END, 'walk', 0.9, 8, 'words', 0.005, id = 4, iif(id = 9, 1, 3)
FROM item WHERE id NOT IN (1, 2, 10);
UPDATE item SET draft = id, confidence = (SELECT d.confidence FROM draft d WHERE d.item = item.id) WHERE id NOT IN (1, 2, 10);
INSERT INTO decision (id, item, draft, lease_epoch, made_by, actor, verdict, text, edit_distance, level, at, epoch, charter, undone_at, undone_by)
VALUES (1, 9, 9, 1, 'person', 'Ada', 'edit', 'Better 9', 0.2, 'crawl', 9, 1, 1, NULL, NULL),
       (2, 6, 6, 1, 'person', 'Ben', 'approve', NULL, 0, 'walk', 9, 3, 2, NULL, NULL),
       (3, 7, 7, 1, 'policy', 'policy: walk', 'approve', NULL, 0, 'walk', 9, 3, 2, NULL, NULL),
       (4, 8, 8, 1, 'policy', 'policy: walk', 'approve', NULL, 0, 'walk', 9, 3, 2, NULL, NULL),
       (5, 11, 11, 1, 'person', 'Ada', 'reject', NULL, 0, 'walk', 9, 3, 2, NULL, NULL),
       (6, 12, 12, 1, 'person', 'Ada', 'approve', NULL, 0, 'walk', 9, 3, 2, 10, 'Ada');
INSERT INTO delivery (uid, decision, item, sink, state, not_before, attempts, last_error, done_at, lease_until)
VALUES ('msg_1', 1, 9, 1, 'done', 9, 1, NULL, 10, NULL), ('msg_2', 2, 6, 1, 'failed', 9, 3, 'no room', NULL, NULL),
       ('msg_3', 3, 7, 1, 'waiting', 9, 0, NULL, NULL, NULL), ('msg_4', 4, 8, 1, 'done', 9, 1, NULL, 10, NULL), ('msg_6', 6, 12, 1, 'withdrawn', 9, 0, NULL, NULL, NULL);
INSERT INTO level_move (use_case, level_from, level_to, made_by, actor, reason, evidence, at)
VALUES (1, 'crawl', 'walk', 'person', 'Ada', 'it looked good', '{"decided":9,"approved":9,"edited":0,"rejected":0,"recent_decided":0,"recent_accepted":0}', 5),
       (1, 'walk', 'crawl', 'rule', 'rule', 'under the floor', '{"decided":9,"approved":1,"edited":0,"rejected":8,"recent_decided":9,"recent_accepted":1}', 6),
       (1, 'crawl', 'walk', 'person', 'Ada', 'once more', '{"decided":9,"approved":9,"edited":0,"rejected":0,"recent_decided":0,"recent_accepted":0}', 7);
INSERT INTO typed VALUES (3, 'Ben', 'half a text', 9);
INSERT INTO skip VALUES (4, 'Ben', 9);
INSERT INTO event (at, actor, kind, use_case, item, detail) SELECT 7, 'gait', 'received', 1, id, NULL FROM item;
