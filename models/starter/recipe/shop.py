"""The fictional shop: its policies as replies. The ways people ask are in requests/.

Invariant: a reply states only fixed policies and what stands in the request; nothing is looked up.

Notation: the slots of request_lines.py; `<You>`, `<your>`, `<Please>` ... become "the customer" for an internal audience.
"""

from dataclasses import dataclass

SHOP = "Fernweg Outdoor"
STORES = ["Freiburg", "Kassel", "Leipzig"]

CATEGORIES = {
    "order": "changing, cancelling or placing an order",
    "delivery": "parcels, shipping costs and times",
    "return": "sending something back",
    "refund": "money back",
    "payment": "ways to pay, invoices, double charges",
    "product": "advice, sizes, care, availability",
    "repair": "damage, warranty, repairs",
    "account": "password, e-mail, points, newsletter",
    "store": "the stores, opening hours, rental",
    "voucher": "gift cards, codes, discounts",
    "privacy": "data and deletion",
    "other": "everything else",
}


@dataclass(frozen=True)
class Intent:
    name: str
    category: str
    reply: str  # when everything needed is there
    ask: str | None  # when the order number is missing; None: no order number is needed
    mark: str  # a pattern that only this intent's reply contains
    trouble: bool  # something went wrong, so the reply opens with regret
    out_of_policy: bool


INTENTS: dict[str, Intent] = {}


def intent(name, category, mark, reply, ask, trouble=False, out_of_policy=False):
    assert name not in INTENTS and category in CATEGORIES
    INTENTS[name] = Intent(name, category, reply, ask, mark, trouble, out_of_policy)


# ---- delivery ----
intent("where_is_order", "delivery", r"tracing the parcel|trace the parcel",
    "Our shipping desk is tracing the parcel of order {o} and will write to <you> within one working day. Parcels usually take 2 to 4 working days.",
    "<Please> send us the order number so that we can trace the parcel. Parcels usually take 2 to 4 working days.", trouble=False)
intent("delivered_not_received", "delivery", r"ask the carrier for proof",
    "<Please> check with the neighbours first. If the parcel of order {o} does not turn up within two days, we ask the carrier for proof of delivery and send a new one if it is lost.",
    "<Please> check with the neighbours first and send us the order number. If the parcel does not turn up within two days, we ask the carrier for proof of delivery and send a new one if it is lost.", trouble=True)
intent("shipping_cost", "delivery", r"Shipping within Germany costs",
    "Shipping within Germany costs 4.90 EUR and is free from 60 EUR.",
    None)
intent("shipping_time", "delivery", r"delivered within 2 to 4 working days",
    "Orders within Germany are delivered within 2 to 4 working days, within the EU in 5 to 7.",
    None)
intent("express", "delivery", r"Express delivery costs",
    "Express delivery costs 9.90 EUR. What is ordered before 12:00 arrives on the next working day.",
    None)
intent("abroad", "delivery", r"ship to all countries of the EU",
    "We ship to all countries of the EU for 12.90 EUR and to Switzerland for 14.90 EUR. We do not ship to other countries.",
    None)
intent("parcel_station", "delivery", r"parcel station",
    "Yes, we deliver to a parcel station. <Please> enter <your> post number in the second address line.",
    None)
intent("delivery_day", "delivery", r"cannot fix the day of delivery",
    "Unfortunately we cannot fix the day of delivery. The carrier sends a link on the day before, and <you> can choose another day or a neighbour there.",
    None, out_of_policy=True)
intent("late_compensation", "delivery", r"shipping fee back",
    "We do not pay compensation for a late parcel, but <you> will get the shipping fee back for order {o}.",
    "We do not pay compensation for a late parcel, but <you> can have the shipping fee back. <Please> send us the order number.", trouble=True, out_of_policy=True)
# ---- order ----
intent("cancel_order", "order", r"can be cancelled until it is packed",
    "An order can be cancelled until it is packed, usually within two hours. I have passed the cancellation of {o} on. If the parcel is already on its way, <please> refuse it and we refund the full amount.",
    "An order can be cancelled until it is packed, usually within two hours. <Please> send us the order number at once.")
intent("change_address", "order", r"full new address",
    "The address can be changed until the order is packed. I have passed {o} on; <please> reply with the full new address if it is not in the message.",
    "The address can be changed until the order is packed. <Please> send us the order number and the full new address.")
intent("change_items", "order", r"cannot change the items of an order",
    "We cannot change the items of an order once it is placed. <Please> place a new order for what is missing; what is too much can be sent back free of charge.",
    None, out_of_policy=True)
intent("no_confirmation", "order", r"confirmation is sent within an hour",
    "The confirmation is sent within an hour; <please> look in the spam folder too. I have asked our order desk to send the one for {o} again.",
    "The confirmation is sent within an hour; <please> look in the spam folder too. If it is not there, <please> send us the e-mail address used for the order.")
intent("order_by_phone", "order", r"cannot take orders by phone or e-mail",
    "Unfortunately we cannot take orders by phone or e-mail. <Please> order in our online shop or in one of our stores.",
    None, out_of_policy=True)
intent("bulk_order", "order", r"10 pieces",
    "From 10 pieces we make an offer within two working days. <Please> tell us the product, the number of pieces and the date.",
    None)
intent("gift_wrap", "order", r"Gift wrapping costs",
    "Gift wrapping costs 3 EUR and can be chosen in the basket, with a card for a personal text. The invoice is then sent by e-mail only.",
    None)
# ---- return ----
intent("return_how", "return", r"sent back free of charge within 30 days",
    "Unused items can be sent back free of charge within 30 days after delivery. <You> can print the return label in the account under Orders; <please> put the slip of order {o} into the parcel.",
    "Unused items can be sent back free of charge within 30 days after delivery. <You> can print the return label in the account under Orders.")
intent("return_label", "return", r"new return label",
    "I have asked our returns desk to send a new return label for order {o} by e-mail within one working day.",
    "We send a new return label by e-mail within one working day. <Please> tell us the order number.")
intent("exchange", "return", r"do not exchange by post",
    "We do not exchange by post: <please> send {the_p} back free of charge and order the right size or colour anew. In our stores an exchange is possible at once.",
    None)
intent("return_too_late", "return", r"30 days for a return are over",
    "Unfortunately we cannot take {the_p} back when the 30 days for a return are over. <You> can sell it through our second-hand service Second Trail instead.",
    None, out_of_policy=True)
intent("return_used", "return", r"cannot take back used items",
    "Unfortunately we cannot take back used items. If {the_p} has a fault, the two-year warranty applies: <please> send us a photo.",
    None, out_of_policy=True)
intent("return_in_store", "return", r"returned in any of our stores",
    "Yes, online orders can be returned in any of our stores in Freiburg, Kassel and Leipzig. <Please> bring the item and the order number.",
    None)
intent("return_arrived", "return", r"returned parcel is checked",
    "A returned parcel is checked within 5 working days after it reaches us; then <you> will get an e-mail. I have asked our returns desk to look for {o}.",
    "A returned parcel is checked within 5 working days after it reaches us; then <you> will get an e-mail. <Please> send us the order number if it takes longer.")
# ---- refund ----
intent("refund_when", "refund", r"goes to the original way of payment",
    "The refund goes to the original way of payment within 5 working days after the return has reached us. I have passed order {o} to our accounts desk.",
    "The refund goes to the original way of payment within 5 working days after the return has reached us. If that time is over, <please> send us the order number.")
intent("refund_wrong", "refund", r"check the amount",
    "Our accounts desk will check the amount refunded for {o} and write to <you> within two working days. Express and gift wrapping fees are not refunded.",
    "Our accounts desk will check the amount. <Please> send us the order number. Express and gift wrapping fees are not refunded.", trouble=True)
intent("refund_other_account", "refund", r"only to the way of payment",
    "For safety we refund only to the way of payment that was used. If that account is closed, <please> send us a bank letter that shows it; then we transfer by hand.",
    None, out_of_policy=True)
intent("price_drop", "refund", r"refund the difference",
    "If our own price drops within 14 days after the purchase, we refund the difference. I have passed order {o} to our accounts desk.",
    "If our own price drops within 14 days after the purchase, we refund the difference. <Please> send us the order number.")
# ---- payment ----
intent("pay_methods", "payment", r"pay by card, PayPal or invoice",
    "<You> can pay by card, PayPal or invoice (up to 500 EUR). We do not offer instalments.",
    None)
intent("payment_failed", "payment", r"basket is kept for 24 hours",
    "The basket is kept for 24 hours. <Please> try again or choose another way of payment; nothing is charged when a payment fails.",
    None, trouble=True)
intent("double_charge", "payment", r"second charge is usually a reservation",
    "A second charge is usually a reservation that the bank releases within 5 days. If both are booked for {o}, <please> send us the statement and we refund one of them.",
    "A second charge is usually a reservation that the bank releases within 5 days. If both are booked, <please> send us the order number and the statement and we refund one of them.", trouble=True)
intent("invoice_copy", "payment", r"invoice as a PDF",
    "<You> can find the invoice as a PDF in the account under Orders. I have also asked our order desk to send the one for {o} by e-mail.",
    "<You> can find the invoice as a PDF in the account under Orders. To have it sent by e-mail, <please> tell us the order number.")
intent("invoice_change", "payment", r"corrected invoice",
    "We can issue a corrected invoice for {o} within 14 days after the order. <Please> reply with the exact company name, address and VAT number.",
    "We can issue a corrected invoice within 14 days after the order. <Please> send us the order number, the exact company name, address and VAT number.")
intent("reminder", "payment", r"reminder crossed",
    "If the payment was made in the last 5 days, the reminder crossed with it and can be ignored. Otherwise <please> send us the proof of payment for {o}.",
    "If the payment was made in the last 5 days, the reminder crossed with it and can be ignored. Otherwise <please> send us the order number and the proof of payment.", trouble=True)
# ---- product / repair ----
intent("damaged", "repair", r"photo of the damage",
    "<Please> send us a photo of the damage to {the_p} from order {o} within 14 days. <You> can then choose between a new item and a refund.",
    "<Please> send us the order number and a photo of the damage to {the_p} within 14 days. <You> can then choose between a new item and a refund.", trouble=True)
intent("wrong_item", "repair", r"right item is sent",
    "The right item is sent as soon as we have a photo of what arrived with order {o}. The wrong one can go back free of charge.",
    "The right item is sent as soon as we have the order number and a photo of what arrived. The wrong one can go back free of charge.", trouble=True)
intent("missing_item", "repair", r"missing from the parcel",
    "Our packing desk checks within one working day what was missing from the parcel of order {o} and sends it. <Please> look on the slip first: some orders come in two parcels.",
    "Our packing desk checks what was missing from the parcel and sends it. <Please> send us the order number, and look on the slip first: some orders come in two parcels.", trouble=True)
intent("warranty", "repair", r"two years of warranty",
    "There are two years of warranty on material and seams. <Please> send us a photo of the fault and the receipt or order number; we then repair or replace {the_p}.",
    None)
intent("repair_service", "repair", r"repairs start at 15 EUR",
    "Yes, we mend jackets, backpacks and tents: repairs start at 15 EUR and take about two weeks. <Please> hand {the_p} in at a store or send us a photo first.",
    None)
intent("resole", "repair", r"Resoling costs",
    "Resoling costs 55 EUR and takes three weeks. <Please> hand the boots in, clean and dry, at one of our stores.",
    None)
intent("care", "product", r"wash at 30 degrees",
    "<Please> wash at 30 degrees with a liquid detergent and no softener, then treat with a waterproofing spray.",
    None)
intent("size_advice", "product", r"size table",
    "<Please> use the size table on the product page. Boots should be half a size larger than street shoes; for jackets and fleeces the usual size fits.",
    None)
intent("availability", "product", r"click on the bell",
    "We cannot promise a date for items that are sold out. <Please> click on the bell on the product page; <you> will then get an e-mail as soon as {the_p} is back.",
    None)
intent("stock_in_store", "product", r"live stock of a store",
    "From here we cannot see the live stock of a store. The product page shows it under Availability, and <you> can reserve {the_p} there for three days.",
    None)
intent("waterproof", "product", r"water column",
    "The water column of each product is on its page: from 10,000 mm {the_p} keeps out lasting rain, from 20,000 mm also wet snow and kneeling.",
    None)
intent("recommend", "product", r"two questions so that",
    "<Please> answer two questions so that we can recommend something: what is the trip (days, season, place), and what is the budget?",
    None)
intent("second_hand", "product", r"Second Trail pays",
    "Second Trail pays up to 40 percent of the price as a voucher for clean and working gear. <Please> bring {the_p} to a store.",
    None)
# ---- account ----
intent("password", "account", r"Forgotten password",
    "<Please> click on Forgotten password on the log-in page. The link is valid for 30 minutes; if it does not come, <please> look in the spam folder.",
    None)
intent("change_email", "account", r"change the e-mail address in the account",
    "<You> can change the e-mail address in the account under My data. It counts once the link in the mail to the new address is clicked.",
    None)
intent("newsletter_stop", "account", r"newsletter ends",
    "The newsletter ends with the link at the bottom of each issue. It takes up to two days until no more mail is sent.",
    None)
intent("points", "account", r"100 points",
    "Each euro brings one point, and 100 points are worth 5 EUR at the checkout. Points are valid for 24 months.",
    None)
intent("points_missing", "account", r"points are added",
    "The points are added 30 days after delivery, when the time for a return is over. If they are still missing then, our account desk adds them for {o}.",
    "The points are added 30 days after delivery, when the time for a return is over. If they are still missing then, <please> send us the order number.")
# ---- privacy ----
intent("delete_account", "privacy", r"account and all data are deleted",
    "The account and all data are deleted within 30 days after a confirmation by e-mail; invoices must be kept for ten years by law. I have started this and the confirmation mail is coming.",
    None)
intent("data_copy", "privacy", r"copy of all stored data",
    "<You> will get a copy of all stored data within 30 days by e-mail. For safety it is sent only to the address of the account.",
    None)
# ---- store ----
intent("opening_hours", "store", r"Monday to Saturday from 10:00 to 19:00",
    "{store_line} open Monday to Saturday from 10:00 to 19:00.",
    None)
intent("store_where", "store", r"three stores",
    "We have three stores: in Freiburg, Kassel and Leipzig. The addresses are on our website under Stores.",
    None)
intent("click_collect", "store", r"kept for 7 days",
    "Yes, picking up in a store is free. The order is there in 2 days and kept for 7 days; <please> bring the order number.",
    None)
intent("rental", "store", r"rent tents",
    "<You> can rent tents, backpacks and via ferrata sets in our Freiburg store from 15 EUR a day. <Please> reserve a week ahead.",
    None)
intent("ski_service", "store", r"ski service",
    "Our ski service (edges and wax) costs 35 EUR and takes three days, from November to March in all stores.",
    None)
intent("lost_property", "store", r"lost property",
    "<Please> describe what was left and on which day; the stores keep lost property for 30 days and we ask them.",
    None)
# ---- voucher ----
intent("gift_card", "voucher", r"Gift cards are valid",
    "Gift cards are valid for three years, online and in the stores, from 10 to 250 EUR. They come by e-mail at once.",
    None)
intent("code_fails", "voucher", r"code counts from",
    "A code counts from 40 EUR, not for sale items, and only one can be used per order. If all that is met, our voucher desk will check {the_v}.",
    None)
intent("code_forgotten", "voucher", r"cannot be added afterwards",
    "Unfortunately a code cannot be added afterwards. It stays valid for the next order; or <you> can send the items back free of charge and order anew.",
    None, out_of_policy=True)
intent("voucher_cash", "voucher", r"cannot be paid out",
    "Unfortunately a voucher cannot be paid out in cash. What is left on it stays valid, and <you> can pass it on to somebody else.",
    None, out_of_policy=True)
intent("discount", "voucher", r"no individual discounts",
    "Unfortunately we give no individual discounts. New subscribers of our newsletter get 10 percent on their first order.",
    None, out_of_policy=True)
intent("price_match", "voucher", r"do not match prices",
    "Unfortunately we do not match prices of other shops. Our own sales start in January and July.",
    None, out_of_policy=True)
# ---- other ----
intent("job", "other", r"under Jobs",
    "All open positions are on our website under Jobs. <Please> apply there with a CV; the team answers within two weeks.",
    None)
intent("sponsoring", "other", r"sponsoring is fixed once a year",
    "Unfortunately we cannot support single projects: our sponsoring is fixed once a year and goes to mountain rescue and trail work.",
    None, out_of_policy=True)
intent("route_tips", "other", r"cannot give advice on routes",
    "Unfortunately we cannot give advice on routes, weather or snow. <Please> ask the alpine club or the local hut; with questions on gear we like to help.",
    None, out_of_policy=True)
intent("praise", "other", r"passed the kind words on",
    "That makes us happy. I have passed the kind words on to the team.",
    None)
intent("staff_complaint", "other", r"head of the store",
    "This should not have happened. I have passed the complaint on to the head of the store, who will write to <you> within three working days.",
    None, trouble=True)
intent("human", "other", r"colleague will call",
    "A colleague will call <you> back, Monday to Friday between 9:00 and 17:00. <Please> send us a phone number and a good time.",
    None)
intent("unclear", "other", r"tell us a little more",
    "So that we can help, <please> tell us a little more: what is it about, and is there an order number?",
    None)

# Messages that fit several intents: the reply is drawn among them, so that the model learns to be unsure.
AMBIGUOUS = [
    ("[My order|The parcel] {o}, [what now|what happens now]?", ["where_is_order", "return_how", "refund_when"]),
    ("I have a problem with the {p} [from order {o}|].", ["damaged", "warranty", "exchange", "return_how"]),
    ("The {p} is not ok.", ["damaged", "wrong_item", "warranty"]),
    ("What about my money?", ["refund_when", "double_charge", "refund_wrong"]),
    ("I want something else instead of the {p}.", ["exchange", "change_items", "wrong_item"]),
    ("Please change order {o}.", ["change_items", "change_address", "cancel_order"]),
    ("My code?", ["code_fails", "code_forgotten", "gift_card"]),
    ("The {p} in {c}?", ["stock_in_store", "click_collect", "rental"]),
    ("Can you do something about the price?", ["discount", "price_match", "price_drop"]),
    ("I don't want the {p} from {o} any more.", ["return_how", "cancel_order"]),
    ("The {p} broke.", ["damaged", "warranty", "repair_service"]),
    ("Is the {p} there?", ["stock_in_store", "availability", "where_is_order"]),
]
