"""The fictional shop: its policies as replies, and the ways people ask.

Invariant: a reply states only fixed policies and what stands in the request; nothing is looked up.

Notation. In requests: `[a|b]` is a choice, `{o}` an order number, `{p}` a product, `{c}` a city, `{a}` an amount, `{d}` a
date, `{v}` a voucher code. In replies: `<You>`, `<your>`, `<Please>` ... become "the customer" for an internal audience.
"""

from dataclasses import dataclass

from phrasings import MORE

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
    phrasings: tuple[str, ...]
    more: tuple[str, ...]  # from phrasings.py
    reply: str  # when everything needed is there
    ask: str | None  # when the order number is missing; None: no order number is needed
    mark: str  # a pattern that only this intent's reply contains
    trouble: bool  # something went wrong, so the reply opens with regret
    out_of_policy: bool


INTENTS: dict[str, Intent] = {}


def lines_of(text):
    return tuple(line.strip() for line in text.strip().splitlines() if line.strip())


def intent(name, category, mark, reply, ask, phrasings, trouble=False, out_of_policy=False):
    lines = lines_of(phrasings)
    assert name not in INTENTS and category in CATEGORIES
    INTENTS[name] = Intent(name, category, lines, lines_of(MORE[name]), reply, ask, mark, trouble, out_of_policy)


# ---- delivery ----
intent("where_is_order", "delivery", r"tracing the parcel|trace the parcel",
    "Our shipping desk is tracing the parcel of order {o} and will write to <you> within one working day. Parcels usually take 2 to 4 working days.",
    "<Please> send us the order number so that we can trace the parcel. Parcels usually take 2 to 4 working days.",
    """
    Where is my [order|parcel|package] {o}?
    My [order|package] {o} [has not arrived|hasn't come|did not arrive] yet.
    I ordered [a|the] {p} on {d} and [still have nothing|it is still not here].
    I am still waiting for my [parcel|delivery|package].
    When will [my parcel|my order|it] [arrive|be here|come]? Order {o}.
    Can you tell me the status of order {o}?
    The tracking of {o} has not [moved|changed] for days.
    [What is happening|What's going on] with my order? I have been waiting since {d}.
    How long until I get my {p}?
    Order {o} was placed on {d}. Where is it now?
    Tracking says [in transit|on the way] since {d}, nothing arrives.
    I need to know where my package is.
    Has my order {o} been shipped [yet|already]?
    No parcel [so far|yet]. Order number {o}.
    """, trouble=False)
intent("delivered_not_received", "delivery", r"ask the carrier for proof",
    "<Please> check with the neighbours first. If the parcel of order {o} does not turn up within two days, we ask the carrier for proof of delivery and send a new one if it is lost.",
    "<Please> check with the neighbours first and send us the order number. If the parcel does not turn up within two days, we ask the carrier for proof of delivery and send a new one if it is lost.",
    """
    The tracking says delivered, but [I have nothing|I got nothing|there is no parcel].
    {o} is marked as delivered and I never [got|received] it.
    According to the carrier my parcel was [handed over|delivered] on {d}. It was not.
    My package {o} was supposedly delivered, [nobody here has it|it is not here].
    It says it was left with a neighbour but no neighbour has it. Order {o}.
    Delivered? I was at home all day and nobody [came|rang].
    The app shows delivered on {d} for order {o} but my [letterbox|porch|doorstep] is empty.
    My {p} was apparently delivered yesterday, but not to me.
    The driver says he delivered {o}. I did not get anything.
    I think my parcel was stolen, it shows as delivered.
    The status is "delivered" but the box never reached me.
    """, trouble=True)
intent("shipping_cost", "delivery", r"Shipping within Germany costs",
    "Shipping within Germany costs 4.90 EUR and is free from 60 EUR.",
    None, """
    How much is [shipping|delivery|postage]?
    What do you charge for [shipping|delivery]?
    Is [shipping|delivery] free?
    From what amount do you ship for free?
    What are the [shipping|delivery|postage] costs for [a|one] {p}?
    Do I have to pay [shipping|postage] for an order of {a}?
    How much does it cost to send a {p} to {c}?
    When do I get free [delivery|shipping]?
    Shipping fee?
    I would like to order a {p}. What is the [delivery fee|shipping cost|postage]?
    Is there a minimum order value for free shipping?
    what's the price for delivery to my home
    """)
intent("shipping_time", "delivery", r"delivered within 2 to 4 working days",
    "Orders within Germany are delivered within 2 to 4 working days, within the EU in 5 to 7.",
    None, """
    How long does [delivery|shipping] take?
    How [fast|quickly] do you [ship|deliver]?
    If I order today, when [does it arrive|will I have it|is it here]?
    What is the delivery time for [a|the] {p}?
    How many days until [a parcel|an order] arrives?
    I need a {p} by {d}. Will that work if I order now?
    What are your [delivery|shipping] times?
    Does it arrive before {d} if I order [today|tomorrow]?
    Delivery time to {c}?
    How soon can you [deliver|send] a {p} to {c}?
    how long do i have to wait if i order now
    """)
intent("express", "delivery", r"Express delivery costs",
    "Express delivery costs 9.90 EUR. What is ordered before 12:00 arrives on the next working day.",
    None, """
    Do you [offer|have] express [delivery|shipping]?
    Can I get it by tomorrow?
    Is there a faster [delivery|shipping] option?
    Can you send the {p} by express?
    How much is express [shipping|delivery]?
    I need the {p} very urgently, [by tomorrow|tomorrow at the latest].
    Is next day delivery possible?
    Overnight shipping possible to {c}?
    I leave [tomorrow|the day after tomorrow] and need a {p}. Can you deliver that fast?
    What does priority delivery cost?
    Can I pay extra so that it comes [sooner|faster]?
    """)
intent("abroad", "delivery", r"ship to all countries of the EU",
    "We ship to all countries of the EU for 12.90 EUR and to Switzerland for 14.90 EUR. We do not ship to other countries.",
    None, """
    Do you [ship|deliver] [abroad|internationally|to other countries]?
    Do you [ship|deliver|send] to [Austria|France|Spain|Italy|Poland|Denmark|Switzerland]?
    How much is shipping to [Austria|Switzerland|Belgium|the Netherlands|Sweden]?
    Can I order from [Norway|the UK|the USA|Canada|Japan|Turkey]?
    Is delivery to [Switzerland|Norway|London|Vienna|Zurich] possible?
    I live in [Austria|France|Switzerland|Portugal|Ireland]. Can you send me a {p}?
    Which countries do you ship to?
    Can you send a {p} to [New York|Oslo|Paris|Prague|Korea]?
    What does it cost to send a parcel to [Luxembourg|Finland|Greece|Switzerland]?
    Shipping outside of Germany?
    I moved to [England|Italy|Croatia|Norway]. Do you still deliver to me?
    """)
intent("parcel_station", "delivery", r"parcel station",
    "Yes, we deliver to a parcel station. <Please> enter <your> post number in the second address line.",
    None, """
    Can you deliver to a [parcel station|parcel locker|pick-up locker]?
    I am never at home. Can it go to a [parcel locker|packing station|parcel shop]?
    Do you send to [lockers|parcel stations]?
    How do I enter a [parcel station|locker] as my address?
    Is a parcel locker possible as [delivery address|shipping address]?
    I'd like my {p} sent to the locker at the train station.
    I work during the day, can the parcel go to a station or locker [instead|]?
    Where do I put the post number for the parcel station?
    Delivery to packing station ok?
    Can I have order parcels sent to a pick-up point?
    """)
intent("delivery_day", "delivery", r"cannot fix the day of delivery",
    "Unfortunately we cannot fix the day of delivery. The carrier sends a link on the day before, and <you> can choose another day or a neighbour there.",
    None, """
    Can you deliver on {d}?
    Can I choose the [day|date|time] of delivery?
    Please deliver [only|] on {d}, I am away before that.
    I am [on holiday|away|travelling] until {d}. Please [send it|deliver] after that.
    Is it possible to have it delivered on a Saturday [morning|]?
    Please bring the parcel only after [5 pm|6 o'clock|18:00].
    Can you hold my parcel until {d}?
    I would like to set a delivery date for my order.
    Can the driver come in the evening?
    I need the delivery exactly on {d}, not earlier.
    """, out_of_policy=True)
intent("late_compensation", "delivery", r"shipping fee back",
    "We do not pay compensation for a late parcel, but <you> will get the shipping fee back for order {o}.",
    "We do not pay compensation for a late parcel, but <you> can have the shipping fee back. <Please> send us the order number.",
    """
    {o} came [a week|ten days|far] too late. I want compensation.
    My parcel was late and I had to buy [a|another] {p} elsewhere. Who pays for that?
    I expect [a compensation|money|a discount] for the late delivery of {o}.
    Because of the delay I missed my trip. What do you offer me?
    The delivery of {o} took forever, what do I get for that?
    I want damages because the {p} arrived after my holiday.
    You were late with order {o}. I demand {a} compensation.
    What will you pay me for waiting three weeks?
    The late delivery cost me {a}. I want that back.
    Do I get something back for the delay?
    """, trouble=True, out_of_policy=True)
# ---- order ----
intent("cancel_order", "order", r"can be cancelled until it is packed",
    "An order can be cancelled until it is packed, usually within two hours. I have passed the cancellation of {o} on. If the parcel is already on its way, <please> refuse it and we refund the full amount.",
    "An order can be cancelled until it is packed, usually within two hours. <Please> send us the order number at once.",
    """
    I want to cancel [order|my order] {o}.
    Please cancel {o}.
    Can I [still|] cancel my order?
    I ordered the wrong thing, please cancel [everything|the order].
    [Cancel|Stop] my order {o}, [please|I do not need it any more].
    I changed my mind about the {p}. Please don't send it.
    I no longer [need|want] the {p} from order {o}. [Can you cancel|Cancel it please]?
    I accidentally ordered twice. Please cancel {o}.
    How can I cancel an order?
    Can you stop the shipment of {o}? I don't want it any more.
    I'd like to withdraw from order {o} before it ships.
    Ordered by mistake, [please cancel|can it be cancelled]?
    """)
intent("change_address", "order", r"full new address",
    "The address can be changed until the order is packed. I have passed {o} on; <please> reply with the full new address if it is not in the message.",
    "The address can be changed until the order is packed. <Please> send us the order number and the full new address.",
    """
    I [entered|gave|typed] the wrong [address|delivery address] for order {o}.
    Please change the [delivery|shipping] address of {o}.
    I [have moved|moved]. Can you send order {o} to another address?
    Can I still change the [delivery address|shipping address|address]?
    The street number in order {o} is wrong.
    Please send {o} to my [office|parents|work] instead.
    My order goes to my old address! Please change it.
    I forgot the house number in my address.
    Can you redirect my parcel {o} to {c}?
    Wrong postcode on {o}, please correct it.
    I need to update where my order gets delivered.
    """)
intent("change_items", "order", r"cannot change the items of an order",
    "We cannot change the items of an order once it is placed. <Please> place a new order for what is missing; what is too much can be sent back free of charge.",
    None, """
    Can I add [a|another] {p} to my order {o}?
    Please add a {p} to order {o}.
    I want a different [colour|size] for the {p} in order {o}.
    Can you change the size in my order to [M|L|XL|42|44]?
    I forgot to order a {p}. Can you put it in the same parcel?
    Please remove the {p} from order {o}.
    Can I swap the {p} in my order for [another one|a different colour]?
    I ordered two by mistake, please send only one {p}.
    Can I still change what I ordered?
    I'd like to edit my order, I took the wrong [colour|size].
    Is it possible to [combine|merge] two orders into one parcel?
    """, out_of_policy=True)
intent("no_confirmation", "order", r"confirmation is sent within an hour",
    "The confirmation is sent within an hour; <please> look in the spam folder too. I have asked our order desk to send the one for {o} again.",
    "The confirmation is sent within an hour; <please> look in the spam folder too. If it is not there, <please> send us the e-mail address used for the order.",
    """
    I [did not get|have not received|never got] [an order confirmation|a confirmation|any confirmation e-mail].
    No confirmation e-mail for {o} so far.
    Did my order go through? I have no [confirmation|e-mail].
    I ordered a {p} but got no [e-mail|mail] about it.
    Is my order {o} [confirmed|registered]? I have no mail from you.
    Paid, but no confirmation in my inbox.
    Can you send me the order confirmation of {o} again?
    I am not sure whether my order worked, nothing came by e-mail.
    The confirmation for my {p} is missing.
    I don't see any message confirming my purchase.
    """)
intent("order_by_phone", "order", r"cannot take orders by phone or e-mail",
    "Unfortunately we cannot take orders by phone or e-mail. <Please> order in our online shop or in one of our stores.",
    None, """
    Can I order by [phone|telephone|e-mail]?
    I'd like to order [a|two|one] {p} by [this e-mail|mail].
    Please send me a {p} to my address, I'll pay by invoice.
    Can I just [call|phone] you and order?
    I have no internet at home, can I order by telephone?
    I want to buy the {p}. Please book the order for me.
    Can you place an order for me?
    Hereby I order one {p}, size [M|L|S].
    Could you take my order right here?
    My [mother|grandfather|father] has no computer, can he order by phone?
    """, out_of_policy=True)
intent("bulk_order", "order", r"10 pieces",
    "From 10 pieces we make an offer within two working days. <Please> tell us the product, the number of pieces and the date.",
    None, """
    We need [20|15|30|50] {p}s for our [club|school|company]. Do you make an offer?
    Do you have [prices|conditions|discounts] for [companies|clubs|groups]?
    I'd like a quote for [12|25|40|100] pieces of the {p}.
    Our scout group wants to order [many|several|a lot of] {p}s.
    Is there a bulk discount?
    We are a company and want to equip our team.
    Can we get a business account or an offer for a large order?
    Do you sell wholesale?
    For our staff outing we need [30|16|22] {p}s, what would that cost?
    Who can I talk to about a big order for our association?
    """)
intent("gift_wrap", "order", r"Gift wrapping costs",
    "Gift wrapping costs 3 EUR and can be chosen in the basket, with a card for a personal text. The invoice is then sent by e-mail only.",
    None, """
    Do you [offer|do|have] gift wrapping?
    Can you wrap the {p} as a [present|gift]?
    It is a [birthday present|gift]. Can you [pack it nicely|wrap it]?
    Can I add a [greeting card|personal message|note] to my order?
    The {p} is a surprise for my [wife|husband|son|daughter], can it be wrapped?
    Please don't put the price in the parcel, it's a gift.
    How much is a gift box?
    Could you send it as a present directly to my [friend|sister|brother]?
    Is it possible to get it in wrapping paper?
    I'd like it to look like a present.
    """)
# ---- return ----
intent("return_how", "return", r"sent back free of charge within 30 days",
    "Unused items can be sent back free of charge within 30 days after delivery. <You> can print the return label in the account under Orders; <please> put the slip of order {o} into the parcel.",
    "Unused items can be sent back free of charge within 30 days after delivery. <You> can print the return label in the account under Orders.",
    """
    How [do|can] I return [something|an item|my order]?
    I [want|would like] to [return|send back] the {p} from order {o}.
    I want to send [the {p}|my {p}] back.
    How does a return work?
    What is your return policy?
    I don't like the {p}. Can I send it back?
    How long can I return [things|items|a {p}]?
    I'd like to give back the {p}, [it is unused|it still has the tags].
    Can I return {o}?
    Do I have to pay for the return?
    The {p} is not what I expected, I want to return it.
    Return of order {o}, what do I have to do?
    Until when can I send the {p} back?
    what are the steps to give something back
    """)
intent("return_label", "return", r"new return label",
    "I have asked our returns desk to send a new return label for order {o} by e-mail within one working day.",
    "We send a new return label by e-mail within one working day. <Please> tell us the order number.",
    """
    There was no return label in [the parcel|my parcel|the box].
    I [lost|can't find] the return label for {o}.
    Please send me a return label for order {o}.
    I cannot print the return label, [can you send it|can you mail it to me]?
    Where [is|do I find] the return label?
    The return label [does not work|is broken|can't be scanned].
    I need a [label|return slip|return sticker] for {o}.
    The link to the return label is dead.
    The post office did not accept my return label for {o}.
    I don't have a printer, how do I get a label?
    The return label has expired.
    """)
intent("exchange", "return", r"do not exchange by post",
    "We do not exchange by post: <please> send {the_p} back free of charge and order the right size or colour anew. In our stores an exchange is possible at once.",
    None, """
    Can I exchange the {p} for [a bigger|a smaller|another] size?
    The {p} is too [small|big|tight|large|wide]. Can I [swap|exchange] it?
    I need the {p} in [size M|size L|42|a larger size] instead.
    I'd like to exchange [my order|the {p}] [|from order {o}].
    Wrong size, I need one size [up|down].
    Can you send me the {p} in another colour in exchange?
    Do you do exchanges?
    The {p} does not fit. What now?
    I want to change the {p} for a different model.
    How do I exchange an item [|from {o}]?
    It doesn't fit me, can I have a bigger one?
    """)
intent("return_too_late", "return", r"30 days for a return are over",
    "Unfortunately we cannot take {the_p} back when the 30 days for a return are over. <You> can sell it through our second-hand service Second Trail instead.",
    None, """
    I bought the {p} [two|three|four|six] months ago and want to return it.
    I forgot to send the {p} back in time. Can I still return it?
    The 30 days are over, but I never used the {p}. [Can you take it back|Can I send it back anyway]?
    I was ill and missed the return deadline for {o}.
    I am a few days too late with my return, [can you make an exception|is that a problem]?
    Can I return something I bought [last year|half a year ago|in spring]?
    My return is [5|10|14] days late. Will you still accept it?
    I got the {p} for Christmas, it's now summer. Can it go back?
    It's been more than a month, but I would like to give it back.
    The return window [closed|ended] last week, please accept it anyway.
    """, out_of_policy=True)
intent("return_used", "return", r"cannot take back used items",
    "Unfortunately we cannot take back used items. If {the_p} has a fault, the two-year warranty applies: <please> send us a photo.",
    None, """
    I wore the {p} [once|twice|on one hike]. Can I still return it?
    Can I return a used {p}?
    I used the {p} for a week and don't like it, I want to send it back.
    The {p} has been washed, can it go back?
    I tried the {p} outside and it is a bit dirty. Is a return possible?
    I took the {p} on tour and it's not for me. Money back?
    I cut off the tags and wore it, can I send it back?
    Do you accept returns of worn [clothes|shoes|things]?
    We used the {p} on one trip and want to give it back.
    I have already been hiking with it, but want to return it.
    """, out_of_policy=True)
intent("return_in_store", "return", r"returned in any of our stores",
    "Yes, online orders can be returned in any of our stores in Freiburg, Kassel and Leipzig. <Please> bring the item and the order number.",
    None, """
    Can I return my online order in [the store|a store|your shop]?
    Can I bring the {p} back to the store in {c}?
    Is it possible to return {o} in {c}?
    I ordered online, can I give it back in the shop?
    I don't want to send it, can I bring it to [you|the store|your branch]?
    Do your stores take online returns?
    Can I drop off the {p} at the store [|instead of mailing it]?
    I live near your store. May I return the parcel there?
    Return at the counter possible?
    I'd rather hand it back in person.
    """)
intent("return_arrived", "return", r"returned parcel is checked",
    "A returned parcel is checked within 5 working days after it reaches us; then <you> will get an e-mail. I have asked our returns desk to look for {o}.",
    "A returned parcel is checked within 5 working days after it reaches us; then <you> will get an e-mail. <Please> send us the order number if it takes longer.",
    """
    Did you [get|receive] my return [|of {o}]?
    Has my return for order {o} arrived?
    I sent the {p} back on {d}. Have you got it?
    I haven't heard anything about my return.
    What is the status of my return {o}?
    I returned {o} on {d} and got no answer.
    The return parcel was delivered to you on {d}. Is everything ok?
    Can you confirm that my return is there?
    How long do you need to process a return?
    My returned {p} should be with you, can you check?
    """)
# ---- refund ----
intent("refund_when", "refund", r"goes to the original way of payment",
    "The refund goes to the original way of payment within 5 working days after the return has reached us. I have passed order {o} to our accounts desk.",
    "The refund goes to the original way of payment within 5 working days after the return has reached us. If that time is over, <please> send us the order number.",
    """
    When do I get my money [back|]?
    Where is my refund for {o}?
    I returned the {p} but got no [refund|money] yet.
    How long does a refund take?
    I am still waiting for my refund of {a}.
    You have my return {o}, but not refunded me.
    I sent everything back on {d}. When will you [pay|refund|transfer the money]?
    My refund [is missing|has not arrived|didn't come].
    Please refund {a} for order {o}.
    The {p} went back weeks ago, still no money in my account.
    Has the refund for {o} been made?
    """)
intent("refund_wrong", "refund", r"check the amount",
    "Our accounts desk will check the amount refunded for {o} and write to <you> within two working days. Express and gift wrapping fees are not refunded.",
    "Our accounts desk will check the amount. <Please> send us the order number. Express and gift wrapping fees are not refunded.",
    """
    You refunded [too little|not enough|the wrong amount] for {o}.
    The refund is {a} too low.
    I only got {a} back [|for order {o}], that's not the full amount.
    My refund for {o} is not complete.
    I returned two things but was refunded for one.
    Why did you deduct {a} from my refund?
    The refund amount is wrong.
    There is {a} missing from my refund.
    I paid more than you paid back for {o}.
    Refund incomplete, please check.
    """, trouble=True)
intent("refund_other_account", "refund", r"only to the way of payment",
    "For safety we refund only to the way of payment that was used. If that account is closed, <please> send us a bank letter that shows it; then we transfer by hand.",
    None, """
    Can you refund to another [account|bank account|card]?
    Please send the refund to my new bank account.
    I closed the account I paid with. Where does the refund go?
    My credit card expired. How do I get the refund?
    Can I have the refund on my PayPal instead?
    Please transfer the money to my [wife's|husband's|brother's] account.
    I have a new bank, refund {a} there please.
    The card I used for {o} is blocked, refund to a different one?
    Can I get the money in cash instead?
    I no longer have the card that I paid with.
    """, out_of_policy=True)
intent("price_drop", "refund", r"refund the difference",
    "If our own price drops within 14 days after the purchase, we refund the difference. I have passed order {o} to our accounts desk.",
    "If our own price drops within 14 days after the purchase, we refund the difference. <Please> send us the order number.",
    """
    I bought the {p} last week and now it is {a} cheaper [in your shop|].
    The price of the {p} [dropped|went down] after I ordered [|{o}].
    You reduced the {p} one day after my order {o}. Do I get the difference?
    The {p} I just bought is now on sale.
    Can you refund the difference because the {p} is cheaper now?
    I paid {a} more than it costs today.
    Yesterday I paid full price, today it's in your sale!
    Order {o}: the price is lower now, do I get something back?
    Is there a price guarantee if you lower the price afterwards?
    Three days after I bought it you have it in the sale.
    """)
# ---- payment ----
intent("pay_methods", "payment", r"pay by card, PayPal or invoice",
    "<You> can pay by card, PayPal or invoice (up to 500 EUR). We do not offer instalments.",
    None, """
    [How can I pay|What payment methods do you have]?
    Which ways of payment do you [accept|take|offer]?
    Can I pay [by invoice|with PayPal|by credit card|by card]?
    Do you [accept|take] [credit cards|PayPal|Visa|American Express]?
    Can I pay in [instalments|monthly rates|rates]?
    Is it possible to pay on account?
    I'd like to pay the {p} in [3|six|ten] instalments.
    Can I pay [by bank transfer|in advance|with bitcoin|by direct debit]?
    Do you offer financing for a {p} of {a}?
    Payment after delivery possible?
    Buy now, pay later?
    """)
intent("payment_failed", "payment", r"basket is kept for 24 hours",
    "The basket is kept for 24 hours. <Please> try again or choose another way of payment; nothing is charged when a payment fails.",
    None, """
    My payment [was declined|failed|did not work|doesn't go through].
    I can't pay. [The page shows an error|It always says error|Nothing happens].
    The checkout [doesn't work|does not accept my card|hangs].
    PayPal shows an error when I try to pay for the {p}.
    My credit card is rejected in your shop.
    I tried to pay three times and it always fails.
    The payment page [crashes|freezes|is blank].
    I get an error message at checkout.
    Card refused, although there is money on it.
    The shop does not let me finish my purchase of {a}.
    """, trouble=True)
intent("double_charge", "payment", r"second charge is usually a reservation",
    "A second charge is usually a reservation that the bank releases within 5 days. If both are booked for {o}, <please> send us the statement and we refund one of them.",
    "A second charge is usually a reservation that the bank releases within 5 days. If both are booked, <please> send us the order number and the statement and we refund one of them.",
    """
    I was charged [twice|two times|double] for {o}.
    You [took|debited] {a} twice from my account.
    The amount of {a} was [booked|charged|withdrawn] twice.
    My card shows two payments for one order.
    I paid twice for order {o}.
    Why is there a double [charge|booking|payment]?
    {a} left my account two times!
    I only ordered one {p} but paid two times.
    There are two identical bookings from you on my statement.
    Duplicate payment for {o}, please fix.
    """, trouble=True)
intent("invoice_copy", "payment", r"invoice as a PDF",
    "<You> can find the invoice as a PDF in the account under Orders. I have also asked our order desk to send the one for {o} by e-mail.",
    "<You> can find the invoice as a PDF in the account under Orders. To have it sent by e-mail, <please> tell us the order number.",
    """
    I need [an invoice|the invoice|a receipt] for order {o}.
    Please send me the invoice [for|of] {o} [again|].
    Where do I find my invoice?
    I lost the [receipt|bill|invoice] for my {p}.
    There was no invoice in the parcel.
    Can I get a copy of the [bill|invoice]?
    For my tax return I need the invoice of {o}.
    How do I download a receipt?
    My employer needs a bill for the {p}.
    Could you mail me the PDF invoice for {o}?
    I need proof of purchase.
    """)
intent("invoice_change", "payment", r"corrected invoice",
    "We can issue a corrected invoice for {o} within 14 days after the order. <Please> reply with the exact company name, address and VAT number.",
    "We can issue a corrected invoice within 14 days after the order. <Please> send us the order number, the exact company name, address and VAT number.",
    """
    The invoice for {o} has the wrong [name|address|company].
    Please put my company name on the invoice [for {o}|].
    I need our VAT number on the bill.
    Can you change the billing address on the invoice?
    The bill is in my private name, it should be the company's.
    Invoice {o} is wrong, please correct the address.
    Our accounting needs another name on the invoice of {o}.
    My name is misspelled on the invoice.
    Can the invoice be issued to my [firm|employer|club]?
    Please change the invoice recipient.
    """)
intent("reminder", "payment", r"reminder crossed",
    "If the payment was made in the last 5 days, the reminder crossed with it and can be ignored. Otherwise <please> send us the proof of payment for {o}.",
    "If the payment was made in the last 5 days, the reminder crossed with it and can be ignored. Otherwise <please> send us the order number and the proof of payment.",
    """
    I got a [payment reminder|reminder|dunning letter], but I [have paid|already paid].
    Why do you send me a reminder for {o}? I paid on {d}.
    Your reminder over {a} is wrong, it is paid.
    I transferred {a} on {d} and now you want money again.
    I received a warning letter about an unpaid invoice.
    You say order {o} is not paid. It is!
    There is a late fee on my bill although I paid in time.
    I already settled the invoice, why the reminder?
    A collection letter came for {o}, that can't be right.
    You're asking for money I've already sent.
    """, trouble=True)
# ---- product / repair ----
intent("damaged", "repair", r"photo of the damage",
    "<Please> send us a photo of the damage to {the_p} from order {o} within 14 days. <You> can then choose between a new item and a refund.",
    "<Please> send us the order number and a photo of the damage to {the_p} within 14 days. <You> can then choose between a new item and a refund.",
    """
    The {p} [arrived|came] [broken|damaged|with a hole|torn].
    My {p} from order {o} is [broken|damaged|ripped|scratched].
    The parcel {o} was crushed and the {p} is damaged.
    I unpacked the {p} and [found a tear|the zip is broken|it has a crack].
    I received a [broken|faulty|defective] {p}.
    The {p} has a hole right out of the box.
    [Something|The item] in my order {o} is broken.
    The box was [wet|open|squashed] and the {p} inside is ruined.
    The new {p} has a [stain|crack|scratch|dent], I just opened it.
    Order {o} arrived in pieces.
    What I got is damaged.
    """, trouble=True)
intent("wrong_item", "repair", r"right item is sent",
    "The right item is sent as soon as we have a photo of what arrived with order {o}. The wrong one can go back free of charge.",
    "The right item is sent as soon as we have the order number and a photo of what arrived. The wrong one can go back free of charge.",
    """
    You sent me the wrong [item|product|thing].
    I ordered a {p} and got [something else|a different one|the wrong one].
    There was [a wrong item|somebody else's order] in my parcel {o}.
    I got the {p} in the wrong [colour|size], I ordered another.
    In order {o} is not what I ordered.
    Instead of the {p} there was a [pair of socks|water bottle|cap|child's jacket] in the box.
    Order {o} contained a product I never ordered.
    This is not my {p}!
    The colour is wrong, I ordered [blue|green|black] and got [red|grey|orange].
    You mixed up my order {o} with somebody else's.
    I received the wrong model.
    """, trouble=True)
intent("missing_item", "repair", r"missing from the parcel",
    "Our packing desk checks within one working day what was missing from the parcel of order {o} and sends it. <Please> look on the slip first: some orders come in two parcels.",
    "Our packing desk checks what was missing from the parcel and sends it. <Please> send us the order number, and look on the slip first: some orders come in two parcels.",
    """
    The {p} is missing [from|in] order {o}.
    [Something|One item|A part] is missing in my parcel.
    My order {o} is incomplete.
    I ordered [two|three] things and got only one.
    The parcel {o} came without the {p}.
    I paid for a {p}, but it was not in the box.
    Half of my order [is missing|was not in the parcel].
    There is only one {p} in the parcel, I ordered two.
    Parts are missing: the [poles|straps|pegs|laces] of the {p}.
    Not everything arrived, {o} is short of one item.
    The box was empty!
    """, trouble=True)
intent("warranty", "repair", r"two years of warranty",
    "There are two years of warranty on material and seams. <Please> send us a photo of the fault and the receipt or order number; we then repair or replace {the_p}.",
    None, """
    My {p} broke after [six months|one year|a year|eight months].
    How long is the warranty [on the {p}|]?
    The [zip|seam|buckle|sole|pole] of my {p} [broke|came off|is gone] after one season.
    The {p} I bought last year is [leaking|falling apart|coming undone].
    Is this covered by the [guarantee|warranty]?
    I want to make a warranty claim for my {p}.
    The sole of the {p} came off, I have had it for ten months.
    Do you give a guarantee?
    The {p} only lasted [a few months|one winter|14 months]. That is poor quality.
    The membrane of my {p} is no longer waterproof after one year.
    My {p} stopped working, I bought it in {c} last year.
    """)
intent("repair_service", "repair", r"repairs start at 15 EUR",
    "Yes, we mend jackets, backpacks and tents: repairs start at 15 EUR and take about two weeks. <Please> hand {the_p} in at a store or send us a photo first.",
    None, """
    Do you [repair|mend|fix] [jackets|tents|backpacks|things]?
    Can you repair my {p}?
    How much does it cost to [fix|mend|repair] a {p}?
    I tore my {p} on a rock. Can it be mended?
    A [zip|buckle|strap] of my old {p} needs to be replaced.
    Do you have a repair service [in {c}|]?
    My {p} is [five|ten|eight] years old and has a hole. Can you sew it?
    Burn hole in my {p}, who can patch it?
    Where can I get my {p} fixed?
    I'd rather have my old {p} repaired than buy a new one.
    """)
intent("resole", "repair", r"Resoling costs",
    "Resoling costs 55 EUR and takes three weeks. <Please> hand the boots in, clean and dry, at one of our stores.",
    None, """
    Do you resole [boots|hiking boots|climbing shoes]?
    Can I get new soles for my [boots|hiking shoes|mountain boots]?
    The soles of my boots are worn [down|out]. Can you replace them?
    How much is resoling?
    My hiking boots need new soles.
    Resoling of mountain boots: price and duration?
    Profile of my boots is gone, I want a new sole on them.
    Are my [trekking boots|boots] worth resoling, and what is the cost?
    Do you replace soles in {c}?
    Can a shoemaker at your shop put new soles on?
    """)
intent("care", "product", r"wash at 30 degrees",
    "<Please> wash at 30 degrees with a liquid detergent and no softener, then treat with a waterproofing spray.",
    None, """
    How do I [wash|clean] my {p}?
    Can I put the {p} in the washing machine?
    My {p} is dirty, how should I clean it?
    How do I make my {p} waterproof again?
    Which detergent for [the|my] {p}?
    At what temperature can I wash the {p}?
    Water no longer beads off my {p}. What can I do?
    Care instructions for the {p}?
    May I tumble dry the {p}?
    How often should I [impregnate|reproof] the {p}?
    My {p} smells, how can I wash it?
    """)
intent("size_advice", "product", r"size table",
    "<Please> use the size table on the product page. Boots should be half a size larger than street shoes; for jackets and fleeces the usual size fits.",
    None, """
    Which size [do I need|should I take] for the {p}?
    I am [182|175|168|190] cm tall. What size {p} is right?
    Does the {p} run [small|large|big]?
    I wear [42|M|38|L]. Which size of the {p} do you recommend?
    What size [boots|shoes] should I order?
    I am between two sizes, should I take the [bigger|smaller] one?
    Is there a size chart?
    How does the {p} fit?
    I normally have [size 44|size S|XL], is that ok for your {p}?
    Not sure about the size of the {p}, can you help?
    """)
intent("availability", "product", r"click on the bell",
    "We cannot promise a date for items that are sold out. <Please> click on the bell on the product page; <you> will then get an e-mail as soon as {the_p} is back.",
    None, """
    When [will|is] the {p} [be |]available again?
    The {p} is sold out. When do you get new ones?
    Is the {p} [coming back|restocked] [soon|this year]?
    I'd like the {p} in size [M|L|42], but it's not available.
    Do you still get the {p} in?
    Out of stock again! When can I buy the {p}?
    Will you restock the {p}?
    I want to buy a {p}, the shop says not available.
    Any idea when the {p} will be in stock?
    Can you reserve a {p} for me when it comes back?
    """)
intent("stock_in_store", "product", r"live stock of a store",
    "From here we cannot see the live stock of a store. The product page shows it under Availability, and <you> can reserve {the_p} there for three days.",
    None, """
    Do you have the {p} in [your store in|the store in|stock in] {c}?
    Is the {p} available in {c}?
    Can I try on the {p} in {c}?
    Does the {c} store have the {p} in size [M|L|40]?
    I want to look at the {p} in a shop. Which one has it?
    Before I drive to {c}: is the {p} there?
    Have you got the {p} on the shelf in {c}?
    Can I see the {p} in one of your stores?
    Is there a {p} left in the shop in {c}?
    Can you check if {c} has a {p}?
    """)
intent("waterproof", "product", r"water column",
    "The water column of each product is on its page: from 10,000 mm {the_p} keeps out lasting rain, from 20,000 mm also wet snow and kneeling.",
    None, """
    Is the {p} waterproof?
    How waterproof is the {p}?
    Can I use the {p} in heavy rain?
    Does the {p} keep the rain out?
    Will I stay dry in the {p}?
    Does the {p} withstand a [storm|thunderstorm|downpour]?
    I am looking for something [waterproof|for rain], is the {p} ok?
    What is the waterproof rating of the {p}?
    Is the {p} only water-repellent or really waterproof?
    Is it ok for a week of Scottish rain?
    """)
intent("recommend", "product", r"two questions so that",
    "<Please> answer two questions so that we can recommend something: what is the trip (days, season, place), and what is the budget?",
    None, """
    Which {p} [do you recommend|would you recommend|should I buy]?
    Can you recommend a {p}?
    I am looking for a good {p} for [beginners|a long hike|my first tour].
    What do I need for [my first trekking tour|a hut tour|winter camping]?
    I need advice on buying a {p}.
    What is the best {p} you have?
    Please help me choose a {p}.
    I don't know which {p} to take, there are so many.
    Do you have tips on which {p} is right for me?
    I'm new to hiking, what should I get?
    """)
intent("second_hand", "product", r"Second Trail pays",
    "Second Trail pays up to 40 percent of the price as a voucher for clean and working gear. <Please> bring {the_p} to a store.",
    None, """
    Do you buy used [gear|equipment|things]?
    I'd like to sell my old {p}. Do you take it?
    What is Second Trail?
    Can I trade in my {p}?
    How does your second-hand service work?
    What do you pay for a used {p}?
    I have a {p} I don't need any more. Would you buy it?
    Do you take old equipment [back|in payment]?
    How much would I get for my used {p}?
    Can I hand in second-hand gear in {c}?
    """)
# ---- account ----
intent("password", "account", r"Forgotten password",
    "<Please> click on Forgotten password on the log-in page. The link is valid for 30 minutes; if it does not come, <please> look in the spam folder.",
    None, """
    I forgot my password.
    I [can't|cannot] log in [to my account|any more|].
    How do I reset my password?
    My password [doesn't work|is not accepted].
    The password [link|mail|e-mail] [doesn't come|never arrives].
    I am locked out of my account.
    Please send me a new password.
    Your site says my login is wrong.
    I can't get into my customer account.
    It keeps saying wrong password.
    Login impossible since {d}.
    """)
intent("change_email", "account", r"change the e-mail address in the account",
    "<You> can change the e-mail address in the account under My data. It counts once the link in the mail to the new address is clicked.",
    None, """
    I have a new e-mail address. [How do I change it|Please change it]?
    How can I change the e-mail of my account?
    Please update my e-mail address.
    My old mail address no longer exists.
    I want to use another e-mail for my account.
    Can you change my account to a different mail address?
    Wrong e-mail in my customer account.
    I switched [providers|jobs], so my mail address is a new one.
    My account still has my old e-mail.
    Where do I enter a new e-mail address?
    """)
intent("newsletter_stop", "account", r"newsletter ends",
    "The newsletter ends with the link at the bottom of each issue. It takes up to two days until no more mail is sent.",
    None, """
    [Please unsubscribe me|Unsubscribe me] from your newsletter.
    Stop sending me [e-mails|advertising|newsletters].
    I don't want [your newsletter|advertising|your mails] any more.
    How do I unsubscribe?
    I never signed up for your newsletter!
    Take me off your mailing list.
    I get too many [mails|e-mails] from you.
    Please stop the advertising mails.
    No more newsletter, please.
    Your spam is annoying, remove my address from the list.
    """)
intent("points", "account", r"100 points",
    "Each euro brings one point, and 100 points are worth 5 EUR at the checkout. Points are valid for 24 months.",
    None, """
    How do [the points|bonus points|your loyalty points] work?
    How can I use my [points|bonus points]?
    What are my points worth?
    When do my points expire?
    I have [300|250|120|800] points. What do I get for them?
    Do you have a [customer card|loyalty programme|bonus card]?
    How many points do I get for a {p} of {a}?
    Where can I redeem my points?
    Are my points still valid?
    What is the bonus programme about?
    """)
intent("points_missing", "account", r"points are added",
    "The points are added 30 days after delivery, when the time for a return is over. If they are still missing then, our account desk adds them for {o}.",
    "The points are added 30 days after delivery, when the time for a return is over. If they are still missing then, <please> send us the order number.",
    """
    I got no points for order {o}.
    My points are missing.
    The points for my {p} were not [added|credited].
    Why don't I see points for {o}?
    My points balance is wrong.
    I bought for {a} and my points didn't change.
    No bonus points credited for my last order.
    Points for {o}?
    My loyalty points have not gone up since {d}.
    I forgot to log in when ordering {o}, can I still get the points?
    """)
# ---- privacy ----
intent("delete_account", "privacy", r"account and all data are deleted",
    "The account and all data are deleted within 30 days after a confirmation by e-mail; invoices must be kept for ten years by law. I have started this and the confirmation mail is coming.",
    None, """
    [Please delete|Delete|I want to delete] my account.
    How do I delete my account?
    I want all my data deleted.
    Please remove my [customer account|data|profile].
    I don't want to be your customer any more, delete everything.
    Please erase my personal data [under the GDPR|].
    Close my account, please.
    I request deletion of my data.
    Get rid of my profile and everything you store about me.
    I want my account closed.
    """)
intent("data_copy", "privacy", r"copy of all stored data",
    "<You> will get a copy of all stored data within 30 days by e-mail. For safety it is sent only to the address of the account.",
    None, """
    What data do you [have|store|keep] about me?
    I want a copy of my data.
    Please send me all [personal|] data you have stored about me.
    I make a request for information under article 15 GDPR.
    I want to know what you know about me.
    Which of my data do you pass on?
    I'd like [access to|an overview of] my personal data.
    Data access request.
    Please tell me where you got my address from and what is stored.
    Send me an export of my account data.
    """)
# ---- store ----
intent("opening_hours", "store", r"Monday to Saturday from 10:00 to 19:00",
    "{store_line} open Monday to Saturday from 10:00 to 19:00.",
    None, """
    When are you open?
    What are your opening hours [in {c}|]?
    Is the store in {c} open on [Saturday|Sunday|Monday]?
    How long is the shop in {c} open [today|tomorrow|]?
    When does the {c} store [close|open]?
    Are you open on Sundays?
    Opening times {c}?
    Until when can I come to the shop [in {c}|]?
    Can I visit the store in {c} after work?
    What time do you close?
    """)
intent("store_where", "store", r"three stores",
    "We have three stores: in Freiburg, Kassel and Leipzig. The addresses are on our website under Stores.",
    None, """
    Where are your stores?
    Do you have a [store|shop|branch] in {c}?
    Is there a [shop|store] near {c}?
    Which cities are you in?
    Where can I find you?
    What is the address of your shop?
    Do you have a real shop or only online?
    In which cities do you have stores?
    Will you open a store in {c}?
    Nearest branch to {c}?
    """)
intent("click_collect", "store", r"kept for 7 days",
    "Yes, picking up in a store is free. The order is there in 2 days and kept for 7 days; <please> bring the order number.",
    None, """
    Can I [pick up|collect] my order in [the store|{c}|a store]?
    Do you [have|offer] click and collect?
    I'd like to order online and pick it up in {c}.
    Can you send the {p} to the store in {c} for me to collect?
    How long do you keep [an order|my order] in the store?
    Can somebody else pick up my order?
    Is collecting in the shop free?
    I want to fetch the {p} myself instead of having it delivered.
    Store pick-up in {c} possible?
    When can I collect {o}?
    """)
intent("rental", "store", r"rent tents",
    "<You> can rent tents, backpacks and via ferrata sets in our Freiburg store from 15 EUR a day. <Please> reserve a week ahead.",
    None, """
    Can I rent [a {p}|equipment|gear]?
    Do you rent out [tents|via ferrata sets|equipment|gear]?
    How much is it to rent a {p} for [a weekend|a week|three days]?
    I only need a {p} for [one trip|a weekend]. Can I borrow one?
    Is there a rental service [in {c}|]?
    I want to hire a {p} from {d}.
    Do you lend tents?
    What does a rental tent cost per day?
    Instead of buying, could I borrow a {p}?
    Rental of snowshoes or a {p}?
    """)
intent("ski_service", "store", r"ski service",
    "Our ski service (edges and wax) costs 35 EUR and takes three days, from November to March in all stores.",
    None, """
    Do you [wax|service|sharpen] skis?
    How much is [a ski service|waxing]?
    Can I bring my skis [for a service|to be waxed]?
    I need my edges sharpened.
    How long does a ski service take?
    My skis need wax. Do you do that [in {c}|]?
    Can you service my touring skis?
    Snowboard waxing, do you do that?
    I want to get my skis ready for the season.
    Ski edges and base repair, price?
    """)
intent("lost_property", "store", r"lost property",
    "<Please> describe what was left and on which day; the stores keep lost property for 30 days and we ask them.",
    None, """
    I left my [umbrella|scarf|phone|cap|bag|wallet] in your store [in {c}|].
    I forgot my [gloves|jacket|glasses|keys] in the {c} shop on {d}.
    Did anyone find a [wallet|key|phone|watch] in your store?
    I think I lost my [glasses|purse|ring] in your changing room.
    Do you have a lost and found?
    My son forgot his [hat|backpack|toy] at your shop.
    I lost something in the {c} store.
    Has a [black umbrella|blue scarf|red cap] been handed in?
    My [watch|bracelet|earring] must still be in the fitting room.
    I must have left my things at the till.
    """)
# ---- voucher ----
intent("gift_card", "voucher", r"Gift cards are valid",
    "Gift cards are valid for three years, online and in the stores, from 10 to 250 EUR. They come by e-mail at once.",
    None, """
    Do you [sell|have] [gift cards|vouchers|gift vouchers]?
    I'd like to buy a gift [card|voucher] for {a}.
    How long is [a voucher|a gift card|my gift card] valid?
    Can I use [a gift card|a voucher] in the store [too|in {c}]?
    Where can I buy a voucher?
    Is my gift card from last year still valid?
    Can I get a voucher for {a} as a present?
    When does a gift voucher expire?
    How is a gift card delivered?
    I'd like to give a voucher to a friend.
    """)
intent("code_fails", "voucher", r"code counts from",
    "A code counts from 40 EUR, not for sale items, and only one can be used per order. If all that is met, our voucher desk will check {the_v}.",
    None, """
    My [voucher|code|discount code] {v} [doesn't work|is not accepted|is invalid].
    The code {v} [is rejected|gives an error].
    I can't redeem my voucher {v}.
    The [discount code|voucher code|promo code] does not work.
    The shop says code {v} is [expired|not valid].
    How do I use the code {v}?
    I entered {v} but the price stays the same.
    Why is my voucher not accepted?
    Can I use two codes in one order?
    Code {v} for my {p} is refused.
    """)
intent("code_forgotten", "voucher", r"cannot be added afterwards",
    "Unfortunately a code cannot be added afterwards. It stays valid for the next order; or <you> can send the items back free of charge and order anew.",
    None, """
    I forgot to enter my [code|voucher|discount code] {v}.
    I forgot the voucher when ordering {o}. Can you add it [now|]?
    Can you apply the code {v} to order {o} afterwards?
    I wanted to use my discount on {o} but forgot.
    Please deduct my voucher {v} from my last order.
    I ordered without the code. Can I still get the discount?
    Can the [newsletter discount|10 percent] be applied later?
    The code wasn't used in {o}, please correct that.
    Is it possible to redeem {v} for something I've already bought?
    I paid full price and only then saw the code.
    """, out_of_policy=True)
intent("voucher_cash", "voucher", r"cannot be paid out",
    "Unfortunately a voucher cannot be paid out in cash. What is left on it stays valid, and <you> can pass it on to somebody else.",
    None, """
    Can I get [cash|money] for my voucher [{v}|]?
    I'd like to have my gift card paid out.
    Can you transfer the value of the voucher to my account?
    I don't need the voucher, can I have {a} instead?
    There is {a} left on my gift card. Can I have it in cash?
    Please pay out my voucher {v}.
    Can I exchange the gift card for money?
    I'd prefer the money over a voucher.
    Is the remaining balance of my voucher paid out?
    I will never use {v}, give me the money please.
    """, out_of_policy=True)
intent("discount", "voucher", r"no individual discounts",
    "Unfortunately we give no individual discounts. New subscribers of our newsletter get 10 percent on their first order.",
    None, """
    Can I [get|have] a discount [on the {p}|]?
    Do you [give|have] [student|senior] discounts?
    I am a [student|pensioner|mountain guide|regular customer]. Do I get a discount?
    What can you do on the price of the {p}?
    {a} is too expensive, can you make it cheaper?
    Is there a discount code [at the moment|for me|]?
    I've been a customer for years, how about a discount?
    Do [alpine club members|students|teachers] get a special price?
    If I buy two {p}s, is it cheaper?
    Give me 20 percent off and I'll buy the {p}.
    Any promo codes right now?
    """, out_of_policy=True)
intent("price_match", "voucher", r"do not match prices",
    "Unfortunately we do not match prices of other shops. Our own sales start in January and July.",
    None, """
    I saw the {p} cheaper [elsewhere|in another shop|online]. Do you match the price?
    Another shop sells the {p} for {a}. Can you [match|beat] that?
    Do you have a best price guarantee?
    The {p} costs {a} less at a competitor.
    Can you give me the {p} for the price of another shop?
    Elsewhere I'd only pay {a} for it.
    Do you match competitors' prices?
    On the internet the {p} is {a}. Will you go down?
    Why are you more expensive than other shops?
    Would you lower your price to {a} like the others?
    """, out_of_policy=True)
# ---- other ----
intent("job", "other", r"under Jobs",
    "All open positions are on our website under Jobs. <Please> apply there with a CV; the team answers within two weeks.",
    None, """
    Are you hiring?
    Do you have [a job|open positions|vacancies] [in {c}|]?
    I would like to work [for you|in your store in {c}].
    How can I apply for a job?
    Do you offer [internships|apprenticeships|student jobs|part-time jobs]?
    I am looking for a part-time job in {c}.
    My daughter would like to do an internship with you.
    Where do I send my application?
    Do you need a salesperson in {c}?
    I'd love to join your team.
    """)
intent("sponsoring", "other", r"sponsoring is fixed once a year",
    "Unfortunately we cannot support single projects: our sponsoring is fixed once a year and goes to mountain rescue and trail work.",
    None, """
    Would you sponsor our [expedition|club|team|school trip]?
    We are looking for a sponsor for our [race|tour|youth group].
    I have 20,000 followers and would like to test a {p} for free.
    Can you donate [something|a {p}|prizes] for our [raffle|charity run|festival]?
    I am an influencer. Are you interested in a cooperation?
    We'd be happy about free gear for our project.
    Would you support our association with a donation?
    Sponsoring request for a climbing competition.
    Could we get material for free if we mention you?
    Can you give us a {p} as a tombola prize?
    """, out_of_policy=True)
intent("route_tips", "other", r"cannot give advice on routes",
    "Unfortunately we cannot give advice on routes, weather or snow. <Please> ask the alpine club or the local hut; with questions on gear we like to help.",
    None, """
    Which [hike|route|tour] do you recommend around {c}?
    Is the [pass|trail|via ferrata|hut] open at the moment?
    How is the [weather|snow] in the [Alps|Dolomites|Black Forest] next week?
    Can I do the [Watzmann|Zugspitze|Mont Blanc] as a beginner?
    What is a nice hike for [families|children|two days]?
    Is there an avalanche danger on {d}?
    Can you plan a tour for us?
    How long does it take to walk around the lake?
    Do I need crampons on that glacier in May?
    Where can I camp wild in Germany?
    """, out_of_policy=True)
intent("praise", "other", r"passed the kind words on",
    "That makes us happy. I have passed the kind words on to the team.",
    None, """
    [Great service|Super service], thank you!
    I just wanted to say that [I love the {p}|the {p} is great].
    Your staff in {c} was [so helpful|very friendly].
    The delivery was super fast, [well done|keep it up].
    Best shop ever, thanks.
    Everything perfect with {o}, many thanks!
    I am very happy with my {p}.
    Thanks to the colleague in {c} who helped me choose.
    The {p} kept me dry for two weeks. Wonderful product!
    Compliments to your team, that was quick.
    """)
intent("staff_complaint", "other", r"head of the store",
    "This should not have happened. I have passed the complaint on to the head of the store, who will write to <you> within three working days.",
    None, """
    Your [staff|salesman|employee] in {c} was [very rude|unfriendly|impolite].
    I was treated badly in your store [in {c}|].
    I want to complain about [a colleague of yours|your staff|an employee].
    Nobody helped me in the shop in {c}, I waited half an hour.
    The woman at the till in {c} was [extremely rude|so unfriendly].
    The advice in {c} was terrible, they sold me the wrong {p}.
    Bad service in your {c} branch on {d}.
    The man at the counter laughed at me.
    I was ignored in your shop for 20 minutes.
    I feel I was insulted by one of your people.
    """, trouble=True)
intent("human", "other", r"colleague will call",
    "A colleague will call <you> back, Monday to Friday between 9:00 and 17:00. <Please> send us a phone number and a good time.",
    None, """
    I want to [speak|talk] to [a human|a person|someone].
    Please call me [back|].
    Can I talk to somebody on the phone?
    What is your phone number?
    I don't want to write with a machine, give me a person.
    Is there a hotline?
    Can someone ring me [today|tomorrow|this week]?
    I'd rather discuss this on the phone.
    Nobody answers your telephone, please call me.
    I want to speak to your [manager|boss|supervisor].
    """)
intent("unclear", "other", r"tell us a little more",
    "So that we can help, <please> tell us a little more: what is it about, and is there an order number?",
    None, """
    Hello?
    I have a [question|problem|request].
    It doesn't work.
    Please help me.
    [Help|Help!]
    I need some help with something.
    Can you help me?
    What about that thing?
    Something is wrong.
    I have a question about my {p}.
    It is about order {o}.
    There is a problem with {o}.
    See above.
    As discussed.
    """)

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
