-- What a database of version 2 holds after some use.
PRAGMA application_id = 0x47414954;
PRAGMA user_version = 2;
INSERT INTO meta VALUES ('generation', 'x');
INSERT INTO model (id, sha256, path, source, facts, added_at)
VALUES (1, 'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb', '/gone.gguf', 'imported',
  '{"sha256":"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb","bytes":1,"name":"Old","architecture":"llama","parameters":1,"quantisation":"Q8_0","context":1024,"vocabulary":1,"chat_template":null,"license":null}', 1);
INSERT INTO use_case (id, name, guidelines, audience, reasons, threshold, check_share, floor, level, sampling, created_at, updated_at)
VALUES (1, 'Replies', '', 'external', '[]', 0.9, 0.1, 0.8, 'run', '{"temperature":0.0,"top_k":0,"top_p":1.0,"min_p":0.0,"repeat_penalty":1.0,"max_tokens":400,"stop":[]}', 5, 5),
       (2, 'Empty', '', 'internal', '[]', 0.8, 0.0, 0.8, 'crawl', '{"temperature":0.0,"top_k":0,"top_p":1.0,"min_p":0.0,"repeat_penalty":1.0,"max_tokens":400,"stop":[]}', 6, 6);
INSERT INTO prompt VALUES (1, 1, 1, 'You answer.', '{{ message }}', 5), (2, 2, 1, '', '{{ message }}', 6);
INSERT INTO drafter_version SELECT 1, 1, 1, 1, 1, sampling, 5 FROM use_case WHERE id = 1;
UPDATE use_case SET prompt = id, drafter_version = CASE id WHEN 1 THEN 1 END;
INSERT INTO item (id, uid, use_case, source, request_key, request_sha256, fields, audience, state, created_at, updated_at)
VALUES (1, 'uid-1', 1, 'f', '1', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', '[{"name":"message","value":"a"}]', 'external', 'rejected', 7, 7),
       (2, 'uid-2', 1, 'f', '2', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', '[{"name":"message","value":"b"}]', 'external', 'delivered', 7, 7),
       (3, 'uid-3', 1, 'f', '3', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', '[{"name":"message","value":"c"}]', 'external', 'in_review', 7, 7);
INSERT INTO draft (id, item, n, drafter_version, seed, prompt_sha256, text, tokens, confidence, prompt_tokens, output_tokens, ttft_us, tpot_us, stop, route_outcome, route_reason, route_level, route_threshold, created_at)
VALUES (1, 1, 1, 1, 1, '', 'A', '[]', 0.5, 1, 1, 1, 1, 'end', 'review', 'not_confident', 'run', 0.9, 8),
       (2, 2, 1, 1, 1, '', 'B', '[]', 0.95, 1, 1, 1, 1, 'end', 'auto', 'confident', 'run', 0.9, 8),
       (3, 3, 1, 1, 1, '', 'C', '[]', 0.5, 1, 1, 1, 1, 'end', 'review', 'not_confident', 'run', 0.9, 8);
UPDATE item SET draft = id;
INSERT INTO decision (item, draft, lease_epoch, made_by, actor, verdict, level, at, undone_at, undone_by)
VALUES (1, 1, 1, 'person', 'Ada', 'reject', 'run', 9, NULL, NULL),
       (2, 2, 1, 'policy', 'policy: run', 'approve', 'run', 9, NULL, NULL),
       (3, 3, 1, 'person', 'Ada', 'approve', 'run', 9, 10, 'Ada');
