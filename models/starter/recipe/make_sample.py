"""Writes the generated parts of ../sample: use_case.json and requests.jsonl (held-out phrasings, names and numbers).

    python make_sample.py
"""

import json
from pathlib import Path

import corpus
from corpus import INTENTS, Generator

SAMPLE = Path(__file__).parent.parent / "sample"

GUIDELINES = """# Support replies of Fernweg Outdoor

Send a reply only if all of it is true and it answers **every** question in the request.

## Policies
| topic | rule |
|---|---|
| Returns | unused, within 30 days after delivery, free of charge; in the stores too; used items and late returns are declined (offer Second Trail or the warranty) |
| Exchange | not by post: send back and order anew; at once in a store |
| Refund | within 5 working days after the return has reached us, only to the original way of payment |
| Shipping | Germany 4.90 EUR, free from 60 EUR, 2 to 4 working days; EU 12.90 EUR, 5 to 7 days; Switzerland 14.90 EUR; nowhere else |
| Express | 9.90 EUR; ordered before 12:00 arrives on the next working day; a day of delivery cannot be fixed |
| Order | cancel or change the address until packed (about two hours); items cannot be changed; no orders by phone or e-mail |
| Payment | card, PayPal, invoice up to 500 EUR; no instalments |
| Damage | photo within 14 days; then a new item or a refund |
| Warranty, repair | two years; repairs from 15 EUR in about two weeks; resoling 55 EUR in three weeks |
| Vouchers | gift cards valid for three years, no cash; a code counts from 40 EUR, not for sale items, one per order, never afterwards |
| Discounts | none for individuals; newsletter 10 percent; no price match; our own price drop within 14 days is refunded |
| Stores | Freiburg, Kassel, Leipzig; Monday to Saturday 10:00 to 19:00; rental in Freiburg from 15 EUR a day |
| Data | account deleted, or a copy of the data sent, within 30 days |

## Tone
Friendly, short, no jargon. Regret first when something went wrong. Greet by the name given; no name, no guess.

## Check before you approve
1. Name and order number are exactly those of the request.
2. What is missing is asked for. Nothing is invented: no status, no date, no amount.
3. Staff (internal) get an answer about "the customer"; customers (external) are addressed directly.
"""

GUIDELINES_KO = """# Fernweg Outdoor 고객 지원 답변

내용이 모두 사실이고 요청의 **모든** 질문에 답할 때만 보내세요.

## 정책
| 주제 | 규칙 |
|---|---|
| 반품 | 사용하지 않은 상품, 배송 후 30일 이내, 무료; 매장에서도 가능; 사용한 상품과 기한이 지난 반품은 거절(Second Trail 또는 보증 안내) |
| 교환 | 우편 교환 불가: 반품 후 다시 주문; 매장에서는 바로 가능 |
| 환불 | 반품 도착 후 영업일 5일 이내, 결제한 수단으로만 |
| 배송 | 독일 4.90 EUR, 60 EUR부터 무료, 영업일 2~4일; EU 12.90 EUR, 5~7일; 스위스 14.90 EUR; 그 외 국가 불가 |
| 특급 배송 | 9.90 EUR; 12:00 전 주문은 다음 영업일 도착; 배송일 지정 불가 |
| 주문 | 포장 전(약 2시간)까지 취소·주소 변경; 상품 변경 불가; 전화·이메일 주문 불가 |
| 결제 | 카드, PayPal, 500 EUR까지 청구서; 할부 없음 |
| 파손 | 14일 이내 사진; 새 상품 또는 환불 |
| 보증·수리 | 2년; 수리 15 EUR부터 약 2주; 밑창 교체 55 EUR, 3주 |
| 상품권 | 3년 유효, 현금 지급 불가; 코드는 40 EUR부터, 세일 상품 제외, 주문당 하나, 나중 적용 불가 |
| 할인 | 개인 할인 없음; 뉴스레터 10 %; 타사 가격 맞춤 없음; 14일 안에 당사 가격이 내리면 차액 환불 |
| 매장 | Freiburg, Kassel, Leipzig; 월~토 10:00~19:00; 대여는 Freiburg, 하루 15 EUR부터 |
| 개인정보 | 계정 삭제 또는 사본 제공 30일 이내 |

## 말투
친절하고 짧게. 문제가 생겼으면 먼저 사과합니다. 적힌 이름으로 인사하고, 이름이 없으면 추측하지 않습니다.

## 승인 전에 확인
1. 이름과 주문 번호가 요청과 정확히 같은가.
2. 빠진 정보를 물었는가. 지어낸 상태·날짜·금액이 없는가.
3. 직원(내부)에게는 "고객"에 대해, 고객(외부)에게는 직접 답하는가.
"""

USE_CASE = {
    "name": "Support replies (sample)",
    "name_ko": "고객 지원 답변 (예시)",
    "guidelines": GUIDELINES,
    "guidelines_ko": GUIDELINES_KO,
    "system_prompt": corpus.SYSTEM,
    "prompt_template": corpus.PROMPT_TEMPLATE,
    "audience": "external",
    "sampling": {"temperature": 0.0, "top_k": 1, "top_p": 1.0, "min_p": 0.0, "repeat_penalty": 1.0, "max_tokens": 256},
    "reject_reasons": [
        {"code": "wrong_fact", "label": "Wrong fact", "label_ko": "사실과 다름"},
        {"code": "wrong_topic", "label": "Answers another question", "label_ko": "다른 질문에 답함"},
        {"code": "question_missed", "label": "A question is left out", "label_ko": "답하지 않은 질문이 있음"},
        {"code": "wrong_detail", "label": "Name or number wrong", "label_ko": "이름·번호 오류"},
        {"code": "should_ask", "label": "Should have asked", "label_ko": "되물었어야 함"},
        {"code": "against_policy", "label": "Against policy", "label_ko": "정책 위반"},
        {"code": "tone", "label": "Tone", "label_ko": "말투 부적절"},
        {"code": "not_for_us", "label": "Not for us (spam, other matter)", "label_ko": "대상 아님(스팸 등)"},
    ],
    "threshold": 0.999,
}

# Natural names that stand in none of the generator's lists.
PEOPLE = """Annika Feldkamp|Ruth Ammann|Bastian Kehl|Dilara Aksoy|Florian Pichler|Hedwig Sturm|Jeroen de Boer|Katarzyna Lis|Leif Norgaard|
Mirko Babic|Noemi Ferrara|Oriol Vidal|Philippa Barnes|Rainer Gessler|Sunniva Dahl|Theresa Obermayr|Ursina Caduff|Wiebke Harms|
Zuzana Kralova|Gregor Mahler|Ebru Tunc|Falk Rademacher|Gitte Lund|Hyejin Bae|Isolde Kranz|Jorge Machado|Lea Zumstein|Moritz Eckert|
Nele Brinkmann|Pascal Trautwein|Roswitha Graef|Selin Ozturk|Tamara Knezevic|Ulrike Pfaff|Vinzenz Egger|Corinna Stahl""".replace("\n", "").split("|")


class Sample(Generator):
    def person(self):
        return self.rng.choice(PEOPLE)


def main():
    SAMPLE.mkdir(exist_ok=True)
    (SAMPLE / "use_case.json").write_text(json.dumps(USE_CASE, ensure_ascii=False, indent=2) + "\n")
    gen = Sample("held", "sample")
    names = list(INTENTS)
    gen.rng.shuffle(names)
    rows = []
    for i in range(60):
        audience = "internal" if i % 3 == 2 else "external"
        if i < 48:
            wanted = [names[i]]
        else:
            wanted = gen.rng.sample([n for n in names if n != "unclear"], 2 if i < 58 else 3)
        e = gen.example(wanted, audience)
        row = {"id": "", "audience": e.audience, "slice": INTENTS[wanted[0]].category, "message": e.fields["message"]}
        row.update({k: e.fields[k] for k in ("customer", "subject") if e.fields[k]})
        rows.append(row)
    gen.rng.shuffle(rows)
    with (SAMPLE / "requests.jsonl").open("w") as f:
        for i, row in enumerate(rows):
            row["id"] = f"S-{i + 1:03}"
            f.write(json.dumps(row, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
