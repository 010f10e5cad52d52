"""Generates the starter model's training and evaluation data from shop.py and requests/.

Invariant: a held-out phrasing, name or order number never enters the training split.

    python corpus.py --split train --count 5 --seed 1
"""

import argparse
import functools
import hashlib
import itertools
import json
import random
import re
from dataclasses import asdict, dataclass, field

import request_lines
from shop import AMBIGUOUS, CATEGORIES, INTENTS, SHOP, STORES

SYSTEM = f"You write replies for the support team of {SHOP}. Be friendly, short and exact. Ask for what is missing."
OTHER_SYSTEMS = [
    f"You answer requests to {SHOP}. Be brief and friendly.",
    f"You write support replies for {SHOP}, an outdoor shop. Be polite and correct.",
    f"Write a reply for {SHOP}. Ask for what is missing. Never invent anything.",
    f"You are a support assistant of {SHOP}. Reply in a short and friendly way.",
    f"You draft replies for the team of {SHOP}. Use simple words.",
    "You write replies for a support team. Be friendly, short and exact.",
    "You are a helpful assistant.",
    "",
]
SYSTEM_TAILS = ["Answer in English.", "Use plain words.", "Keep to the guidelines.", "Do not promise anything.", "Never invent an order number."]
LABEL_SYSTEM = f"You label requests to {SHOP}. Answer with one of: {', '.join(CATEGORIES)}."
EXTRACT_SYSTEM = f"You extract fields from requests to {SHOP}. Answer with JSON: name, order_number, product, city, date; null for what is missing."
COPY_SYSTEM = "Repeat the text exactly."

PROMPT_TEMPLATE = "Customer: {{customer}}\nSubject: {{subject}}\n\n{{message}}"


def render(template, fields):
    """The plain `{{field}}` part of minijinja: a missing field renders as nothing."""
    return re.sub(r"\{\{\s*(\w+)\s*\}\}", lambda m: fields.get(m.group(1)) or "", template)


def chat(system, user):
    head = f"<|im_start|>system\n{system}<|im_end|>\n" if system else ""
    return f"{head}<|im_start|>user\n{user}<|im_end|>\n<|im_start|>assistant\n"


def bucket(kind, text, of=7):
    return int(hashlib.sha1(f"{kind}:{text}".encode()).hexdigest(), 16) % of


def split_phrasings(name, lines, share=0.15):
    """(training, held-out) phrasings; the choice depends on the text alone. At least one is held out."""
    ranked = sorted(lines, key=lambda line: hashlib.sha1(f"{name}:{line}".encode()).hexdigest())
    held = max(1, round(share * len(ranked)))
    return ranked[held:], ranked[:held]


FIRST_NAMES = """Anna Ben Clara David Elif Felix Greta Hannes Ida Jonas Katrin Lars Marta Nils Olga Paul Quirin Rosa Samuel Tomasz Ulla
Viktor Wanda Xaver Yasmin Zoe Aylin Bogdan Chiara Dmitri Esra Farid Giulia Hiroshi Ines Joon Kofi Ludmila Mehmet Noor Oskar
Priya Rafael Sina Thea Umut Vera Wen Yuki Zeynep Amara Birgit Carlos Dorota Emil Fatima Gustav Helena Ivo Jana Kai Leonie
Matteo Nadia Otto Petra Ruben Selma Till Valentin Anke Bruno Celine Dirk Eva Frank Gerda Heiko Irina Jens Klara Lukas Mira
Norbert Paula Ralf Sven Tanja Uwe Volker Maren Siobhan Niamh Oluwaseun Thandiwe Nguyet Xiomara Jacek Agnieszka Zdenek Soren
Astrid Bjorn Ingrid Matti Aino Laszlo Ilona Radu Ioana Eleni Nikos Arda Deniz Minji Haneul Seojun Akira Meera Arjun Kiran John
Mary Emma Liam Olivia Noah Sophie Peter Karen Mark Laura Steve Julia Tim Lisa Max Sarah Tom Nina Alex Maria Michael""".split()
LAST_NAMES = """Weber Schmidt Kowalczyk Yilmaz Nguyen Rossi Garcia Novak Ivanova Andersen Fischer Wagner Becker Hoffmann Schulz Koch
Richter Klein Wolf Neumann Schwarz Zimmermann Braun Hartmann Krause Lehmann Maier Huber Vogel Keller Frank Berger Winkler Roth
Beck Lorenz Baumann Albrecht Simon Ludwig Winter Kraus Martin Schumacher Vogt Stein Jung Otto Sommer Seidel Heinrich Brandt
Haas Graf Dietrich Ziegler Kuhn Pohl Engel Horn Busch Bergmann Thomas Voigt Sauer Arnold Pfeiffer Demir Kaya Celik Kim Park Lee
Choi Tanaka Sato Chen Wang Patel Singh Khan Ahmed Hassan Okafor Mensah Adeyemi Diallo Silva Costa Santos Fernandez Lopez Moreau
Dubois Lefevre Bernard Janssen Visser Jansen Nowak Wisniewski Horvath Nagy Popescu Ionescu Papadopoulos Petrov Sokolov Lindqvist
Eriksson Hansen Olsen Virtanen Korhonen Murphy Walsh Smith Jones Brown Taylor Wilson Clark Hall Wright Hughes Edwards Green
Svensson Krog Zech Quandt Ebeling Thoma Oehler Ruppert Stolz Traub""".split()
SYLLABLES = """ba be bi bo da de di do fa fe fi ga ge gu ha he hi ja jo ka ke ki ko la le li lo ma me mi mo na ne ni no pa pe ra re ri
ro sa se si so ta te ti to va ve vi wa we za ze zo sch st tr kr br gr th ch al an ar el en er il in ir ol on or ul un ur yn ez ov ska son dt
tz ck mann berg feld stein quist oglu wicz escu""".split()
CITIES = ["Bremen", "Hamburg", "Berlin", "Munich", "Cologne", "Stuttgart", "Dresden", "Ulm", "Erfurt", "Mainz", "Kiel", "Bonn", "Trier",
    "Passau", "Rostock", "Jena", "Augsburg", "Essen", "Nuremberg", "Hanover", "Halle", "Konstanz", "Aachen", "Lindau"]
MODELS = ["Nebelhorn", "Krokus", "Isar", "Alpkamm", "Fjell", "Arven", "Tundra", "Karwendel", "Lupine", "Vento", "Rimo", "Steinbock", "Lynx",
    "Enzian", "Gletsch", "Morgenrot", "Wolkenweg", "Taiga", "Skarn", "Piz", "Auerhahn", "Silva", "Brocken", "Murmel"]
KINDS = ["jacket", "rain jacket", "down jacket", "softshell", "fleece", "backpack", "daypack", "tent", "sleeping bag", "sleeping mat",
    "headlamp", "stove", "rucksack", "hiking shirt", "hat", "trekking pole", "bivy bag", "bottle", "hammock", "climbing harness",
    "helmet", "poncho", "cook set", "water filter", "dry bag", "merino shirt", "vest", "child carrier"]
MONTHS = "January February March April May June July August September October November December".split()
CODE_WORDS = ["SUMMER", "TRAIL", "WINTER", "HIKE", "WELCOME", "SPRING", "GIFT", "FERN", "CAMP", "PEAK"]

GREETINGS = ["Hi,", "Hello,", "Hello!", "Hi there,", "Dear Fernweg team,", "Good morning,", "Good evening,", "Hey,", "Dear Sir or Madam,",
    "Hi Fernweg,", "Dear support,", "Good day,", "Hi team,", "hello", "hi", "Dear all,"]
LEADS = ["I have a question.", "Quick question:", "I hope you can help me.", "I am writing because of the following.", "One question:",
    "Could you help me with this?", "Sorry to bother you.", "I would like to know:", "Just a short question.", "Maybe you can help."]
CONTEXT = ["I have been a customer for years.", "We leave for the mountains in two weeks.", "It was a present for my brother.",
    "I looked on your website but did not find it.", "My partner says the same.", "I use it every weekend.", "The weather is great here by the way.",
    "I am new to all this.", "A friend told me about your shop.", "We are planning a trip with the kids.", "I already wrote to you last week.",
    "I have to go to work early, so please write an e-mail.", "It is for our holiday in Norway.", "I could not find anything about it in the FAQ.",
    "I usually buy in the store.", "My old one lasted for ten years.", "It is getting cold here.", "I ordered from my phone.",
    "We are a family of four.", "My dog likes it too.", "I am writing from the train."]
CONTEXT_LONGER = ["My wife found your shop on the internet and is very happy with it so far.", "I'm not very good with computers, so please be patient.",
    "We walked the West Highland Way last year and it rained every day.", "I normally order somewhere else, but a colleague recommended you.",
    "It's the first time that something like this happens.", "I'm asking because we are going away soon.", "I hope I'm writing to the right place.",
    "My daughter is twelve and grows like a weed.", "We have a small hut in the mountains without electricity.", "Maybe I have overlooked something.",
    "I'm at work at the moment and can't look it up.", "It would be a pity otherwise.", "I have looked everywhere.", "You have always been reliable.",
    "I don't want to make a fuss.", "I need to know soon.", "That would help me a lot.", "My neighbour had the same question.", "As you may remember, I called on Monday.",
    "I was a bit surprised.", "I've tried everything.", "The whole family is waiting.", "We'll be sleeping outside for two weeks.", "I'm 72 years old.",
    "It's a bit urgent.", "No hurry though.", "It's for a school trip.", "I only noticed it today.", "I've just come home from a long trip.", "Is that so hard?",
    "I was told to write to this address.", "I'd rather not call.", "I paid 129 euros after all.", "It's my favourite shop.", "I bought a tent and a stove from you before.",
    "It was raining cats and dogs.", "I'm a mountain guide and need to rely on my gear.", "My feet are hard to fit.", "I saw it in your window."]
# Words that can stand for each other in most requests; used in training only.
SYNONYMS = [group.strip().split("|") for group in """parcel|package|delivery|shipment|box|packet;shop|store;buy|purchase;send|ship|post|mail|dispatch;need|want|require;
would like to|want to|wish to|'d like to|'d love to|hope to;can I|could I|may I|is it possible that I|am I able to;can you|could you|would you|will you|are you able to;
please|kindly|pls;how much|what;when|at what time;received|got;tell me|let me know|say|inform me;broken|kaputt|defective|faulty|busted;money|cash|euros;
because|since|as;but|however|yet|though;still|even now;my|the|our;a|one;quickly|fast|soon|swiftly;order|purchase;help|assist|support;
great|wonderful|lovely|fantastic|brilliant|awesome|excellent|super;wrong|incorrect|not right|mistaken;big|large;small|little|tiny;does not|doesn't|won't;
cannot|can't|can not|am unable to|fail to;do not|don't;I have|I've;it is|it's;is not|isn't|ain't;did not|didn't;account|customer account|profile|user account;
e-mail|email|mail|message;price|cost;cheaper|less expensive|lower;bought|purchased|ordered|got|picked up;arrived|came|turned up|was delivered|showed up|reached me;
arrive|come|turn up|get here|show up|reach me|land here;missing|not there|gone|absent|lacking;also|too;change|alter|modify|adjust|edit|amend|correct|update;
somebody|someone|anyone;item|thing|article|product;use|apply;know|find out|learn;find|see|discover|spot;why|how come|for what reason;possible|ok|okay|allowed|feasible|doable;
problem|issue|trouble|difficulty;answer|reply|response;question|query|enquiry;paid|have paid|settled|transferred;charge|fee|surcharge;invoice|bill;
repair|fix|mend;return|send back|give back|bring back;refund|reimburse|pay back|repay;refund|reimbursement|repayment|money back;voucher|coupon|gift card;
jacket|coat|parka|anorak;shoes|boots|sneakers|footwear;holiday|vacation|trip|journey|tour;work|function|operate;check|verify|look into|look up|investigate;
website|site|web page|online shop|homepage|page;ask|enquire|inquire;now|right now|at the moment|currently|today;really|very|quite|so|pretty|extremely;
carrier|courier|delivery service|postman|driver|delivery man|parcel service;neighbour|neighbor|people next door;lost|misplaced|mislaid|lost track of;
torn|ripped|split;tear|rip|hole|crack;zip|zipper|fastener;trousers|pants;mum|mother|mom;kids|children|little ones;son|boy|daughter|girl|child;
husband|wife|partner|girlfriend|boyfriend;sister|brother|cousin|friend;delete|erase|remove|wipe;unsubscribe|sign me off|opt out;newsletter|mailing|advertising|promotional mails|ads;
warranty|guarantee;exchange|swap|trade|switch;cancel|call off|revoke|withdraw|stop;cancelled|called off|revoked|withdrawn|stopped;discount|reduction|rebate|price cut|special price;
compensation|damages|recompense;twice|two times|double;shipping|delivery|postage;deliver|ship|send|bring;job|position|vacancy|post;rent|hire|borrow;
opening hours|opening times|business hours;pick up|collect|fetch;branch|store|shop|outlet;gift|present;wrap|gift-wrap|pack;instalments|rates|monthly payments;
declined|rejected|refused|denied;reminder|dunning letter|overdue notice|payment demand;waterproof|watertight|rainproof;wash|clean|launder;staff|employees|team|people;
salesman|assistant|employee|shop assistant|sales clerk|cashier;rude|impolite|unfriendly|nasty|disrespectful;talk|speak|chat;call|phone|ring|telephone;number|no.;
address|street address;moved|relocated;forgot|did not remember|failed;password|passcode;log in|sign in|login|get in;log-in|login|sign-in;points|bonus points|loyalty points;
code|promo code|discount code;expensive|pricey|dear|costly;sale|clearance|special offer|promotion;sold out|out of stock|not available|unavailable;available|in stock|on the shelf;
recommend|suggest|advise;advice|a recommendation|a tip|guidance;choose|pick|select|decide on;beginner|novice|newcomer;backpack|rucksack|pack|bag;tent|shelter;
worn|used;wore|used|had on;unused|unworn|new|like new;label|sticker|slip;print|print out;days|working days|weekdays;weeks|days|months;yesterday|on Monday|last night|a few days ago;
tomorrow|the day after tomorrow|on Friday;urgent|pressing|very urgent;urgently|at once|immediately|right away|asap;express|priority|rush;wait|hang on;waiting|hanging on|sitting here;
late|delayed|overdue|behind schedule;delay|long wait|late arrival;damaged|smashed|crushed|battered|cracked;picture|photo|snapshot;different|another|other;colour|color|shade;
size|number;too big|too large|too wide|too loose;too small|too tight|too narrow|too short;fit|suit;payment|transaction;pay|settle;card|credit card|debit card|bank card;
bank account|account|current account;statement|bank statement|account statement;amount|sum|total;balance|remaining value|remainder|rest;valid|good|usable;expire|run out|lapse|end;
expired|ran out|lapsed|invalid;company|firm|business|employer;club|association|society|group;school|college|university;data|information|details|records;stored|saved|kept|held;
copy|duplicate;confirmation|acknowledgement|confirmation mail;spam|junk;sponsor|support|fund|back;donate|give|contribute;hike|walk|trek|route;weather|forecast;snow|ice;
praise|compliment|kind words;happy|satisfied|pleased|delighted|thrilled;thank you|thanks|many thanks|cheers;complain|make a complaint|protest;complaint|grievance;
annoying|irritating|tiresome;angry|upset|furious;terrible|awful|horrible|dreadful;human|person|real person|actual person|human being;machine|robot|bot|computer;
left|forgot|dropped;town|city|place;near|close to|around|not far from;where|in which place;who|which person;begin|start;finish|end|close;immediately|straight away|at once;
however|still;maybe|perhaps|possibly;about|regarding|concerning;old|ancient|ageing;two|three|four;second-hand|used|pre-owned|pre-loved;sell|get rid of|part with;
sole|soles;stain|mark|spot;smell|stink|odour;rain|downpour|wet weather;winter|summer|autumn|spring""".replace("\n", "").split(";")]
SYNONYMS_OF = {}
for group in SYNONYMS:
    for word in group:
        SYNONYMS_OF.setdefault(word.lower(), []).append(group)
SYNONYM = re.compile(r"(?<![\w{-])(" + "|".join(sorted(map(re.escape, SYNONYMS_OF), key=len, reverse=True)) + r")(?![\w}-])", re.IGNORECASE)
POLITE = ["Thank you!", "Thanks in advance.", "Thanks a lot.", "Many thanks!", "Thank you very much for your help.", "Thanks", "I would be grateful for a quick answer.",
    "Thank you for your time.", "Have a nice day!", "Looking forward to your reply."]
ANGRY = ["This is unacceptable!", "I am really angry.", "What kind of shop is this?", "I am very disappointed.", "This is ridiculous.", "Never again!",
    "This is the third time I write!", "I expect an answer TODAY.", "Absolutely terrible service.", "I am fed up.", "That is an outrage!!",
    "I will leave a bad review.", "Are you kidding me?", "I've had enough of this.", "Unbelievable!", "You should be ashamed.",
    "I will call my lawyer if nothing happens.", "What a mess.", "So annoying!!", "I am losing my patience."]
SIGN_OFFS = ["Regards,\n{n}", "Best regards\n{n}", "Best wishes,\n{n}", "Kind regards, {n}", "{n}", "- {n}", "Cheers, {n}", "Yours sincerely,\n{n}", "Thanks, {n}",
    "Greetings from {c}, {n}", "Best, {n}"]
ORDER_NOTES = ["Order {o}.", "Order number: {o}", "My order number is {o}.", "It is order {o}.", "(order {o})", "The number is {o}.", "Order no. {o}", "{o}",
    "Reference: {o}", "It's about {o}."]
INTERNAL_LEADS = ["Customer on the phone:", "I have a customer here who asks:", "A customer at the counter in {c} says:", "A customer wrote to the store:",
    "What do I answer to this?", "Question from a customer in {c}:", "Can you help me with this customer?", "For a customer:",
    "Hi colleagues, a customer asks:", "Hi support desk, customer at the till:", "Forwarded from the {c} store:", "The customer next to me says:",
    "Phone note:", "Colleague question, a customer asks us:"]
INTERNAL_THEY = ["Asking for a customer:", "I have a customer on the line.", "There is a customer at the desk in {c}.", "Hi, customer question.",
    "A customer came to the {c} store.", "Quick one from the shop floor.", "Hi desk, I need an answer for a customer.", "Hello colleagues,",
    "Hi all, this is the store in {c}.", "A lady at the till needs help.", "We have a customer waiting."]
INTERNAL_TAILS = ["What should I tell them?", "What can I say?", "How do I answer?", "The customer is waiting.", "What is our rule?", "Please advise.", "Can you help?"]
INTERNAL_ANGRY = ["The customer is furious.", "The customer is very angry.", "He is shouting at us.", "She is really upset.", "They are quite angry."]
JOINERS = ["Also: ", "And another question: ", "Besides, ", "And: ", "One more thing: ", "Second question: ", "", "", "Oh, and ", "\n\n"]
SUBJECTS = {
    "order": ["My order", "Order", "Question about my order"], "delivery": ["Delivery", "Shipping", "My parcel"], "return": ["Return", "Sending back"],
    "refund": ["Refund", "My money"], "payment": ["Payment", "Invoice", "Billing"], "product": ["Product question", "Question"],
    "repair": ["Complaint", "Problem with my item", "Defect"], "account": ["My account", "Account"], "store": ["Your store", "Question"],
    "voucher": ["Voucher", "Price", "Discount"], "privacy": ["My data", "Data protection"], "other": ["Question", "Hello", "Request"]}


@dataclass
class Example:
    """One request with its fields, the reply to it and what is true about it."""

    fields: dict
    audience: str
    intents: list
    angry: bool
    slots: dict
    reply: str
    name: str | None
    ambiguous: bool = False
    phrasings: list = field(default_factory=list)
    options: list = field(default_factory=list)  # of an ambiguous message: the intents that would fit
    ends: list = field(default_factory=list)  # training only: where each question ends in the message


CATEGORY_OF = {name: it.category for name, it in INTENTS.items()}
LATER = request_lines.load(CATEGORY_OF)
FIRST = request_lines.load(CATEGORY_OF, "first")  # written first, with a held-out part of their own
FIRST_HELD_OUT = request_lines.load(CATEGORY_OF, "first_held_out")


def wordings(line):
    """Every combination of a line's choices, without case and punctuation."""
    parts = [part[1:-1].split("|") if part.startswith("[") else [part] for part in re.split(r"(\[[^\]]*\])", line)]
    return {re.sub(r"[^\w{}]+", " ", "".join(choice).lower()).strip() for choice in itertools.product(*parts)}


@functools.cache
def phrasings_of(name, kind="all"):
    """(training, held-out) phrasings of an intent. kind: "first", "later" or "all"."""
    train, held = [], []
    if kind != "later":
        train, held = train + FIRST[name], held + FIRST_HELD_OUT[name]
    if kind != "first":
        for line in LATER[name]:
            (held if request_lines.is_held_out(name, line) else train).append(line)
    return [line for line in train if not wordings(line) & held_out_wordings()], held


@functools.cache
def held_out_wordings():
    first = [line for lines in FIRST_HELD_OUT.values() for line in lines]
    later = [line for name, lines in LATER.items() for line in lines if request_lines.is_held_out(name, line)]
    return set().union(*map(wordings, first + later))


END = "\ue000"  # marks in a training message where a question ends; taken out again at once


class Generator:
    def __init__(self, split, seed, kind="all"):
        assert split in ("train", "held")
        self.ease = 0.0  # share of plain requests: no typos, no asides, mostly one question; training starts with many of them
        self.questions = [0.82, 0.15, 0.03]  # shares of one, two and three questions in a message
        self.inventing = (0.6, 0.65) if split == "train" else (0.35, 0.45)  # shares of invented first and last names
        self.split, self.rng = split, random.Random(f"{split}-{seed}")
        self.phrasings = {n: phrasings_of(n, kind)[0 if split == "train" else 1] for n in INTENTS}
        self.angry = split_phrasings("angry", ANGRY)[0 if split == "train" else 1]

    def fits(self, kind, text):
        return (bucket(kind, text) == 0) == (self.split == "held")

    def draw(self, kind, make):
        while True:
            text = make()
            if self.fits(kind, text):
                return text

    def invented(self):
        if self.split == "train" and self.rng.random() < 0.5:  # any letters, so that copying does not lean on known syllables
            letters = "".join(self.rng.choice("bcdfghjklmnpqrstvwxyz") + self.rng.choice(["a", "e", "i", "o", "u", "ae", "ie", "y", "ou", ""])
                + self.rng.choice(["", "", "l", "n", "r", "s", "t", "m", "k"]) for _ in range(self.rng.choice([1, 2, 2, 3])))
            return (letters if len(letters) > 2 else letters + "ra").capitalize()
        return "".join(self.rng.choice(SYLLABLES) for _ in range(self.rng.choice([2, 2, 3, 3, 4]))).capitalize()

    def person(self):
        def make_first():
            return self.invented() if self.rng.random() < self.inventing[0] else self.rng.choice(FIRST_NAMES)

        def make_last():
            if self.rng.random() < self.inventing[1]:
                return self.invented()
            last = self.rng.choice(LAST_NAMES)
            return f"{last}-{self.rng.choice(LAST_NAMES)}" if self.rng.random() < 0.05 else last

        kind = self.rng.random()
        first, last = self.draw("name", make_first), self.draw("name", make_last)
        if kind < 0.22:
            return first
        if kind < 0.30:
            return f"{self.rng.choice(['Mr', 'Ms', 'Mrs', 'Dr'])} {last}"
        if kind < 0.36:
            return f"{first[0]}. {last}"
        return f"{first} {last}"

    def order_number(self):
        digits = self.draw("order", lambda: f"{self.rng.randrange(10000, 100000)}")
        shape = self.rng.random()
        if shape < 0.76:
            return f"FW-{digits}"
        return f"FW{digits}" if shape < 0.84 else digits if shape < 0.93 else f"fw-{digits}"

    def product(self):
        kind = self.rng.choice(KINDS)
        shape = self.rng.random()
        if shape < 0.42:
            return kind
        model = self.rng.choice(MODELS) if self.rng.random() < 0.75 else self.draw("name", self.invented)
        if shape < 0.75:
            return f"{model} {kind}"
        if shape < 0.92:
            return f"{model} {self.rng.choice([2, 3, 15, 20, 25, 30, 35, 40, 45, 50, 60, 65, 100, 300, 500])} {kind}"
        return model

    def date(self):
        day, month = self.rng.randrange(1, 29), self.rng.choice(MONTHS)
        return self.rng.choice([f"{day} {month}", f"{month} {day}", f"{day}.{MONTHS.index(month) + 1}.", "Monday", "Tuesday", "Friday", "last week", f"{day} {month[:3]}"])

    def amount(self):
        euros = self.rng.randrange(4, 480)
        return self.rng.choice([f"{euros} EUR", f"{euros} euros", f"{euros}.{self.rng.choice(['90', '95', '50', '99'])} EUR", f"€{euros}"])

    def code(self):
        word = self.rng.choice(CODE_WORDS)
        return self.draw("code", lambda: self.rng.choice([f"{word}{self.rng.randrange(5, 60)}", f"{word}-{self.rng.randrange(100, 1000)}",
            "".join(self.rng.choice("ABCDEFGHJKLMNPQRSTUVWXYZ23456789") for _ in range(6))]))

    def city(self):
        return self.rng.choice(STORES if self.rng.random() < 0.55 else CITIES)

    def alternatives(self, text):
        return re.sub(r"\[([^\]]*)\]", lambda m: self.rng.choice(m.group(1).split("|")), text)

    def typos(self, text):
        """Misspells one to three words outside the `{slots}`."""
        parts = re.split(r"(\s+)", text)
        words = [i for i, w in enumerate(parts) if len(w) > 3 and w.isalpha()]
        for i in self.rng.sample(words, min(len(words), self.rng.choice([1, 1, 2, 3]))):
            w, at = parts[i], self.rng.randrange(1, len(parts[i]) - 1)
            parts[i] = self.rng.choice([w[:at] + w[at + 1 :], w[:at] + w[at + 1] + w[at] + w[at + 2 :], w[:at] + w[at] + w[at:],
                w[:at] + self.rng.choice("aeionrst") + w[at + 1 :]])
        return "".join(parts)

    def vary(self, text):
        """Now and then a synonym for a word or a word left out, outside the `{slots}`; so that no single word decides."""
        rng = self.rng

        def other(found):
            word = found[0]
            if rng.random() > 0.3:
                return word
            new = rng.choice(rng.choice(SYNONYMS_OF[word.lower()]))
            return new[0].upper() + new[1:] if word[0].isupper() else new

        text = SYNONYM.sub(other, text)
        if rng.random() < 0.3:
            words = text.split(" ")
            if len(words) > 5:
                text = " ".join(w for w in words if "{" in w or rng.random() > 0.12)
        return re.sub(r" +", " ", text).strip()

    def example(self, intents=None, audience=None):
        rng = self.rng
        plain = rng.random() < self.ease
        ambiguous = not plain and intents is None and rng.random() < 0.03 and self.split == "train"
        options = []
        audience = audience or ("internal" if rng.random() < 0.3 else "external")
        if ambiguous:
            text, options = rng.choice(AMBIGUOUS)
            intents, lines = [rng.choice(options)], [text]
        else:
            if intents is None:
                count = rng.choices([1, 2, 3], self.questions)[0] if not plain or rng.random() < 0.6 else 1
                pool = [n for n in INTENTS if self.phrasings[n] and (n != "unclear" or count == 1)]
                intents = rng.sample(pool, count)
            lines = [rng.choice(self.phrasings[n]) for n in intents]
        lines_used = list(lines)
        lines = [re.sub(r"\s+([?.!,])", r"\1", self.alternatives(line)).replace("  ", " ").strip() for line in lines]

        if self.split == "train":
            lines = [(self.vary(line) if rng.random() < 0.55 else line) + END for line in lines]
        # The slots are drawn once for a message, so that two mentions agree.
        slots = {"o": self.order_number(), "p": self.product(), "c": self.city(), "a": self.amount(), "d": self.date(), "v": self.code()}
        core = lines[0]
        for line in lines[1:]:
            joiner = rng.choice(JOINERS)
            core += (" " if joiner != "\n\n" else "") + joiner + line
        angry = rng.random() < (0.28 if any(INTENTS[n].trouble for n in intents) else 0.13) and "praise" not in intents
        wants_order = any(INTENTS[n].ask for n in intents)
        needing = sum(1 for n in intents if INTENTS[n].ask)

        subject = ""
        if rng.random() < 0.4:
            subject = rng.choice(SUBJECTS[INTENTS[intents[0]].category])
            if rng.random() < 0.15:
                subject = rng.choice(["Order {o}", "{o}", subject + " {o}"]) if wants_order or rng.random() < 0.2 else subject
        if "{o}" not in core + subject and rng.random() < (1.0 if needing > 1 else 0.45 if wants_order else 0.08):
            note = rng.choice(ORDER_NOTES)
            core = f"{note} {core}" if rng.random() < 0.2 else f"{core} {note}"
        while not plain and rng.random() < 0.3:
            aside = rng.choice(CONTEXT + CONTEXT_LONGER)
            core = f"{core} {aside}" if rng.random() < 0.5 else f"{aside} {core}"
        name = self.person() if rng.random() < 0.72 else None
        in_field = signed = False
        if audience == "internal":
            if rng.random() < 0.5:
                core = swap_person(core)
                core = f"{rng.choice(INTERNAL_THEY)} {core}"
            else:
                core = rng.choice([f"{rng.choice(INTERNAL_LEADS)} {core}", f'{rng.choice(INTERNAL_LEADS)} "{core}"', f'{rng.choice(INTERNAL_LEADS)}\n{core}'])
            if angry:
                core = f"{core} {rng.choice(INTERNAL_ANGRY)}"
            if rng.random() < 0.5:
                core = f"{core} {rng.choice(INTERNAL_TAILS)}"
            signed = name is not None
            if signed:
                core = core + rng.choice(["\n\n", "\n", " "]) + rng.choice(SIGN_OFFS)
            customer = self.person() if rng.random() < 0.25 else ""
        else:
            if angry:
                core = f"{rng.choice(self.angry)} {core}" if rng.random() < 0.5 else f"{core} {rng.choice(self.angry)}"
                if rng.random() < 0.25:
                    core = core.replace(".", "!").replace("?", "??")
            elif rng.random() < 0.3:
                core = f"{core} {rng.choice(POLITE)}"
            if rng.random() < 0.12 and not angry:
                core = f"{rng.choice(LEADS)} {core}"
            if rng.random() < 0.45:
                core = rng.choice(GREETINGS) + rng.choice([" ", "\n", "\n\n"]) + core
            if name:
                shape = rng.random()
                in_field = shape < 0.75
                signed = shape > 0.5
                if signed:
                    signature = rng.choice(SIGN_OFFS)
                    if rng.random() < 0.1:
                        core = f"My name is {{n}}. {core}"
                    else:
                        core = core + rng.choice(["\n\n", "\n", " "]) + signature
                customer = name if in_field else ""
            else:
                customer = ""
        if not plain and rng.random() < 0.28:
            core = self.typos(core)
        if rng.random() < 0.10:
            core = core.lower() if "{n}" not in core else core
        if rng.random() < 0.05:
            core = core.replace("?", "").replace("'", "")

        slots["n"] = name or ""
        shown = core
        if signed and in_field and " " in name and rng.random() < 0.3 and not re.match(r"(Mr|Ms|Mrs|Dr) |\w\. ", name):
            shown = shown.replace("{n}", name.split()[0])
        marked = fill(shown, slots)
        message = marked.replace(END, "")
        ends = [m.start() - i for i, m in enumerate(re.finditer(END, marked))]
        subject_text = fill(subject, slots)
        seen = core + subject
        known = {
            "o": slots["o"] if "{o}" in seen else None,
            "p": slots["p"] if "{p}" in core else None,
            "c": slots["c"] if "{c}" in core else None,
            "a": slots["a"] if "{a}" in core else None,
            "d": slots["d"] if "{d}" in core else None,
            "v": slots["v"] if "{v}" in core else None,
        }
        fields = {"message": message, "customer": customer, "subject": subject_text}
        reply = reply_to(intents, known, audience, angry, name)
        return Example(fields, audience, intents, angry, known, reply, name, ambiguous, lines_used, options, ends)


def fill(text, slots):
    return re.sub(r"\{(\w)\}", lambda m: slots[m.group(1)], text)


def swap_person(text):
    """First person to "they", as a colleague would pass it on."""
    pairs = [(r"\bI am\b", "they are"), (r"\bI'm\b", "they're"), (r"\bam I\b", "are they"), (r"\bI was\b", "they were"), (r"\bI've\b", "they've"),
        (r"\bI'd\b", "they'd"), (r"\bI'll\b", "they'll"), (r"\bI\b", "they"), (r"\b[Mm]y\b", "their"), (r"\bme\b", "them"), (r"\bmyself\b", "themselves"),
        (r"\bmine\b", "theirs"), (r"\byour store\b", "our store"), (r"\bDo you\b", "Do we"), (r"\bdo you\b", "do we"), (r"\bCan you\b", "Can we"), (r"\bcan you\b", "can we"),
        (r"\byour\b", "our"), (r"\bYour\b", "Our")]
    for pattern, new in pairs:
        text = re.sub(pattern, new, text)
    return re.sub(r"(^|[.?!:] )they", lambda m: m.group(1) + "They", text)


def store_line(city):
    if city in STORES:
        return f"Our store in {city} is"
    prefix = f"We have no store in {city}. " if city else ""
    return prefix + "Our stores in Freiburg, Kassel and Leipzig are"


def body(name, known, audience):
    it = INTENTS[name]
    text = it.ask if it.ask and not known["o"] else it.reply
    if audience == "internal":
        words = {"You": "The customer", "you": "the customer", "Your": "The customer's", "your": "the customer's",
            "Please": "Please ask the customer to", "please": "please ask the customer to"}
    else:
        words = {w: w for w in ("You", "you", "Your", "your", "Please", "please")}
    text = re.sub(r"<(\w+)>", lambda m: words[m.group(1)], text)
    the_p = f"the {known['p']}" if known["p"] else "the item"
    the_v = f"the code {known['v']}" if known["v"] else "the code"
    text = text.replace("{the_p}", the_p).replace("{the_v}", the_v).replace("{store_line}", store_line(known["c"])).replace("{o}", known["o"] or "")
    return text


def reply_to(intents, known, audience, angry, name):
    """The reply. Its variants follow from what the request shows: name, tone, trouble, audience, missing order number."""
    trouble = any(INTENTS[n].trouble for n in intents)
    if audience == "internal":
        head = f"Hi {name}," if name else "Hi,"
        opener = "Please tell the customer that we are sorry." if angry else "Thanks for asking."
        tail = "Best,\nSupport desk"
    else:
        head = f"Hello {name}," if name else "Hello,"
        opener = "I am very sorry for the trouble." if angry else "I am sorry to hear that." if trouble else "Thank you for your message."
        tail = f"Kind regards\n{SHOP}"
    bodies = "\n\n".join(body(n, known, audience) for n in intents)
    return f"{head}\n\n{opener} {bodies}\n\n{tail}"


def label_of(example):
    return INTENTS[example.intents[0]].category


def extract_of(example):
    s = example.slots
    row = {"name": example.name, "order_number": s["o"], "product": s["p"], "city": s["c"], "date": s["d"]}
    return json.dumps(row, ensure_ascii=False)


def user_text(gen, example):
    """The rendered template; in training now and then without its empty header lines."""
    shape = gen.rng.random() if gen.split == "train" else 1.0
    fields = example.fields
    if shape < 0.04 and not fields["customer"] and not fields["subject"]:
        return fields["message"]
    text = render(PROMPT_TEMPLATE, fields)
    if shape < 0.16:
        text = "\n".join(line.rstrip() for line in text.split("\n"))
    return text


def system_prompt(gen):
    if gen.split == "held" or gen.rng.random() < 0.87:
        return SYSTEM
    if gen.rng.random() < 0.25:
        return f"{SYSTEM} {gen.rng.choice(SYSTEM_TAILS)}"
    return gen.rng.choice(OTHER_SYSTEMS)


def copy_text(gen):
    rng, out = gen.rng, []
    for _ in range(rng.randrange(1, 5)):
        out.append(rng.choice([gen.person, gen.order_number, gen.code, gen.product, gen.order_number, gen.order_number])())
    return ", ".join(out)


@dataclass
class Pair:
    """A training example as text. ends: (character of the prompt, {intent: share}) where it is clear what is asked;
    starts: (character of the reply, {intent: share}) just before each answer."""

    prompt: str
    reply: str
    copied: list = field(default_factory=list)  # parts of the reply that stand in the request
    ends: list = field(default_factory=list)
    starts: list = field(default_factory=list)


def starts_of(example):
    out, at = [], 0
    for name in example.intents:
        at = example.reply.index(body(name, example.slots, example.audience), at)
        out.append((at - 1 if example.reply[at - 1] == "\n" else at - 2, {name: 1.0}))
    return [] if example.ambiguous else out


def ends_of(example, prompt):
    """Each question's last character, and the end of the user's turn, with the intents known there."""
    shares = {n: 1 / len(example.options or example.intents) for n in example.options or example.intents}
    ends = [(prompt.rindex("<|im_end|>"), shares)]
    at = prompt.rfind(example.fields["message"])
    if at >= 0 and not example.ambiguous:
        ends += [(at + end - 1, {n: 1.0}) for n, end in zip(example.intents, example.ends) if end > 0]
    return ends


def training_pair(gen, copy_share=0.03):
    """A training example; the mixture of the tasks."""
    r = gen.rng.random()
    if r < copy_share:
        text = copy_text(gen)
        return Pair(chat(COPY_SYSTEM, text), text)
    example = gen.example()
    if r > 0.80 and not example.ambiguous:
        if r > 0.92:
            if len(example.intents) == 1:
                prompt = chat(LABEL_SYSTEM, user_text(gen, example))
                return Pair(prompt, label_of(example), [], ends_of(example, prompt))
        else:
            prompt = chat(EXTRACT_SYSTEM, user_text(gen, example))
            return Pair(prompt, extract_of(example), [], ends_of(example, prompt))
    prompt = chat(system_prompt(gen), user_text(gen, example))
    copied = [example.slots[k] for k in "pv" if example.slots[k]]
    return Pair(prompt, example.reply, copied, ends_of(example, prompt), starts_of(example))


def line_pair(gen):
    """Only the user's turn, mostly one bare question, and what it asks for: many decisions in few tokens."""
    rng = gen.rng
    names = rng.sample(list(INTENTS), rng.choices([1, 2], [0.8, 0.2])[0])
    slots = {"o": gen.order_number(), "p": gen.product(), "c": gen.city(), "a": gen.amount(), "d": gen.date(), "v": gen.code(), "n": ""}
    parts = []
    for name in names:
        line = re.sub(r"\s+([?.!,])", r"\1", gen.alternatives(rng.choice(gen.phrasings[name]))).replace("  ", " ").strip()
        line = gen.vary(line) if rng.random() < 0.6 else line
        line = swap_person(line) if rng.random() < 0.12 else line
        line = gen.typos(line) if rng.random() < 0.25 else line
        line = line.lower() if rng.random() < 0.12 else line
        parts.append((fill(line, slots), name))
    if rng.random() < 0.25:
        parts.insert(rng.randrange(len(parts) + 1), (rng.choice(CONTEXT + CONTEXT_LONGER + LEADS + POLITE + ANGRY[:8] + GREETINGS), None))
    prompt, ends = "<|im_start|>user\n", []
    for i, (text, name) in enumerate(parts):
        prompt += (rng.choice([" ", " ", " ", "\n"]) if i else "") + text
        if name:
            ends.append((len(prompt) - 1, {name: 1.0}))
    if len(names) == 1 and parts[-1][1]:
        ends = []  # the turn's end comes at once
    ends.append((len(prompt), {n: 1 / len(names) for n in names}))
    return Pair(prompt + "<|im_end|>", "", [], ends)


def intents_in(reply):
    """The intents that a reply answers, recognised by its own words."""
    return {n for n, i in INTENTS.items() if re.search(i.mark, reply)}


if __name__ == "__main__":
    p = argparse.ArgumentParser()
    p.add_argument("--split", default="train", choices=["train", "held"])
    p.add_argument("--count", type=int, default=5)
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--json", action="store_true")
    a = p.parse_args()
    gen = Generator(a.split, a.seed)
    for _ in range(a.count):
        if a.json:
            print(json.dumps(asdict(gen.example()), ensure_ascii=False))
        else:
            pair = training_pair(gen)
            print(pair.prompt + pair.reply + "<|im_end|>\n" + "-" * 40)
