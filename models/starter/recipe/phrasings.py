"""More ways to ask for what shop.py answers: longer, more casual, with the reason told along. Same notation.

Invariant: written before any result was seen; no line is taken from the hand-written test requests.
"""

MORE = {
    "where_is_order": """
        I paid on {d} and the parcel still isn't at my door.
        Is there any news about {o}? It should have been here by now.
        My {p} seems to have got lost in the post, [order {o}|].
        It has been [ten days|a week|two weeks] and nothing has turned up.
        Could you look up where {o} is? I'm getting [a bit|] worried.
        The parcel was supposed to come on {d}.
        Waiting for {o} since {d}, please check.
        I can't see any movement in the tracking, what's wrong?
        Did you forget about my order {o}?
        When can I expect my {p}? I ordered it on {d}.
        The delivery is overdue.
        My shipment seems stuck [somewhere|in {c}].
        """,
    "delivered_not_received": """
        The carrier claims to have left it at the door, but there was nothing [there|when I came home].
        Somebody signed for {o}, but it wasn't me or my family.
        I got a mail that {o} was delivered. That is not true.
        Status says received, but my hands are empty.
        Tracking shows a signature I don't know, the parcel is gone.
        They say it's in the garage. I looked, no parcel.
        Your courier marked {o} as done and drove off without ringing.
        It was allegedly dropped off on {d}, I've searched everywhere.
        """,
    "shipping_cost": """
        What would I pay for [postage|delivery] if I only buy a {p}?
        Do I reach free shipping with {a}?
        I only want to buy something small. How much do you add for sending it?
        Is postage included in the price of {a}?
        Do you charge for delivery when I spend {a}?
        How much would the delivery be [to {c}|inside Germany]?
        Starting from which basket value is delivery for free?
        Are there shipping fees on a {p}?
        """,
    "shipping_time": """
        How many working days do you normally need?
        If I place the order tonight, will it be here by {d}?
        My trip starts on {d}. Would the {p} make it in time with normal delivery?
        What's the usual waiting time [for a parcel|]?
        When would the {p} get here if I bought it right now?
        Roughly how long between ordering and getting it?
        Will it come this week if I buy it today?
        Is the standard shipping quick?
        """,
    "express": """
        I forgot a present and need the {p} tomorrow. Is there a quick way?
        Could you rush a {p} to {c}?
        What is the quickest way to get the {p}, and what does it cost?
        It's urgent: is there a delivery for the next day?
        Until what time must I order to have it tomorrow?
        Can you make it [overnight|super fast]? I'm willing to pay more.
        We're off on {d} already, do you do fast shipping?
        """,
    "abroad": """
        I am in [Sweden|Spain|Austria|Scotland]. Would you send something here, and what's the postage?
        My parents live in [Poland|Italy|Switzerland]. Could a {p} be sent there?
        Do you also serve customers in [Belgium|Iceland|Ukraine|the United States]?
        What would a parcel to [Rome|Copenhagen|Madrid|Basel|Warsaw] cost?
        Is it possible to have things shipped over to [Ireland|Australia|Hungary]?
        I'm writing from [Budapest|Stockholm|Lisbon|Bern]. Do you deliver here?
        How much do you charge for shipping within the EU?
        Do you send to non-EU countries [too|]?
        We live just across the border in [France|Denmark|Switzerland], does that work?
        """,
    "parcel_station": """
        Nobody is in during the day. Does a locker work as the address?
        Would you ship to a packing station as well?
        I always use the locker near my office, is that alright with you?
        The form won't take my locker address. How do I fill it in?
        Could the {p} go to a collection point instead of my flat?
        Do parcel lockers work with your carrier?
        """,
    "delivery_day": """
        We're only back on {d}. Could the parcel be delivered after that?
        Would it be possible that it comes on {d}, when somebody is in?
        Can I pick a time slot for the delivery?
        I need to take the day off for the parcel, so tell me a fixed day please.
        Please make sure it does not come before {d}.
        Could you have it brought in the afternoon?
        I'm only home on Fridays, can you arrange that?
        """,
    "late_compensation": """
        Because {o} was so slow I had to pay {a} for a replacement. I'd like that back.
        You promised a few days and it took [three weeks|two weeks]. What will you do to make up for it?
        The {p} came after our trip was over. I think some compensation is due.
        How do you make good for such a late parcel?
        {o} arrived far behind schedule, I expect something in return.
        I want a refund of something for the long wait with {o}.
        Since the parcel was so late, I'd like a voucher or money.
        """,
    "cancel_order": """
        I found a better one in the meantime, please cancel {o}.
        Sorry, I pressed the button too early. Can you stop order {o}?
        Is it still possible to stop my order? I ordered [an hour ago|just now|this morning].
        Please take back my order {o}, I made a mistake.
        Don't send {o}, I've changed my plans.
        I hit buy by accident, can you undo that?
        My order from this morning should be cancelled.
        We don't need the {p} any longer, please cancel.
        Please annul order {o}.
        The trip is off, so I want to call off my order {o}.
        """,
    "change_address": """
        Oops, my order {o} has my old address in it.
        I mistyped my street for {o}. Can that be corrected?
        I've just noticed that the delivery address is wrong.
        Could {o} go to my neighbour instead? I'm away.
        We moved to {c} last month and I forgot to update the address for {o}.
        Can you send it to my work address rather than home?
        The parcel {o} should go to a different place.
        There is a mistake in my shipping address.
        """,
    "change_items": """
        Could you put a {p} into the same parcel? I've just ordered {o}.
        I chose the wrong size in {o}, could you switch it to [L|M|S|43] before it goes out?
        I'd like blue instead of red in order {o}.
        Please add one more {p} to what I just ordered.
        Can I still take something out of my order?
        I ordered two {p}s, but one is enough. Can you reduce it?
        Would you add something to my running order?
        Could I upgrade the {p} in {o} to the larger model?
        """,
    "no_confirmation": """
        Normally shops send a mail after buying, but I haven't got one.
        The payment went through, yet no mail from you. Did it work?
        I don't know if you have my order, there was no confirmation.
        Still no order mail for my {p} in my inbox.
        After paying I saw a white page and got no mail.
        Can you check whether my order arrived at your end?
        Where's my order confirmation?
        """,
    "order_by_phone": """
        Could I give you my order on the telephone?
        I'd rather order by mail than in the shop: one {p}, please.
        Online shops are too complicated for me, can I order with you directly?
        I'm writing to order a {p}. My address is known to you.
        Please put down a {p} for me and send it with an invoice.
        Is it possible to order without the website?
        """,
    "bulk_order": """
        Our [school|company|sports club|youth group] would like to buy [18|24|35|60] {p}s. Is there a special price for so many?
        What would [14|45|80] {p}s cost us?
        We want to give every employee a {p}. Who makes an offer?
        Is there a lower price per piece if we take [20|40|100]?
        I am organising a camp and need lots of {p}s.
        Our fire brigade needs new {p}s for everyone, can you give us a price?
        Could you send me a quotation for a larger quantity?
        """,
    "gift_wrap": """
        It's for a birthday. Could you wrap the {p} and enclose a card?
        Can the bill be left out of the box? It's a present.
        I'd like to send a {p} to my friend as a surprise, nicely packed.
        Do you have gift paper and what does it cost?
        Would you put a few words from me into the parcel?
        My {p} order is a Christmas present, can it come gift-wrapped?
        """,
    "return_how": """
        The {p} from {o} is still in its box and I don't need it. How do I get it back to you?
        I got two of the same as presents and want to give one back, it's unused.
        What do I have to do if I don't want to keep the {p}?
        How much time do I have to send something back?
        Is returning free or do I pay postage?
        I tried the {p} on at home and don't like it. What now?
        I'm not happy with the {p} and would like to send it back.
        Order {o}: I want to keep only one thing and send the rest back.
        Could you explain how returns work with you?
        I'd like my money back for the {p}, it's brand new.
        What's the deadline for returns?
        We bought the wrong {p}, it's untouched. Can it go back?
        """,
    "return_label": """
        I threw away the box with the label in it. Can I have a new one for {o}?
        My printer is broken, could you post me the sticker for the return of {o}?
        I want to send back {o} but found no sticker in the box.
        The PDF of the label is empty.
        How can I get another shipping label for my return?
        The shop at the corner says my return code is invalid.
        Could you mail me the return documents for {o}?
        """,
    "exchange": """
        I love the {p} but it pinches. Could I have it one size [up|bigger]?
        The {p} is a bit too [short|long|loose], could you swap it?
        I took M but need L. What do I do?
        Can you swap the {p} from {o} for another one in [black|green|size 43]?
        The sleeves are too short, is it possible to get a larger one?
        I'd like the same {p} in a different size, please.
        It's lovely but doesn't fit, can I trade it for the next size?
        My feet are bigger than I thought, can I change the size?
        """,
    "return_too_late": """
        I was in hospital and couldn't send the {p} back within the month. Is there still a way?
        I know the time for returning is over, but the {p} is brand new.
        I found an unopened {p} from you from last summer. Can I still bring it back?
        I've missed the deadline by [two days|a week|a few weeks]. Could you make an exception?
        It's been [seven|ten|eight] weeks since I bought it, do you take it back?
        My order is from last autumn, I'd like to send it back now.
        The {p} was lying in the cupboard for half a year, never used. Return?
        """,
    "return_used": """
        I've had the {p} out in the rain once and now I don't want it. Do you take it back?
        I've been on one tour with the {p}, it's uncomfortable. Can I give it back?
        We slept in it for two nights. Can it still go back?
        The {p} has a few traces of use, would you still accept it?
        I wore them for a day, they hurt. Can I return them?
        It was used only one single time, I'd like my money back.
        I ran a few kilometres in them, can I send them back to you?
        """,
    "return_in_store": """
        I'm in {c} tomorrow anyway. Can I just hand in my return there?
        Is it ok to bring an online purchase back to a shop?
        May I give the {p} back at your shop in {c} although I ordered it on the website?
        Which store takes my return?
        Could I drop it at the counter in {c}?
        Instead of the post, can I bring it to your branch?
        """,
    "return_arrived": """
        I'd just like to know if my returned {p} has reached you.
        The post says you've had my return since {d}. Why don't I hear from you?
        I sent {o} back [ten days|two weeks] ago, did it arrive?
        Has anybody opened my return parcel yet?
        Do you already have the things that I sent back?
        Please confirm that you received the return of {o}.
        """,
    "refund_when": """
        I returned everything [two|three] weeks ago and there's still no money. {o}
        My account shows nothing from you yet, although you've had the {p} since {d}.
        When will the {a} be on my account?
        How quickly do you pay back?
        I'd like to know when the refund for my returned {p} comes.
        You've got the goods back, so where's my money?
        The return was accepted, but the refund is not there.
        How many days until the money is back on my card?
        """,
    "refund_wrong": """
        I expected {a} back, but it was less.
        You've paid me back less than I paid for {o}.
        The sum you refunded doesn't match the invoice [of {o}|].
        Some of my refund is missing, please look into it.
        I sent back all of {o}, but only part of the money came.
        Why was my refund cut?
        You kept {a} of my money, why?
        """,
    "refund_other_account": """
        My bank account has changed since I ordered. Where will the money go?
        I lost my card and have a new one. Will the refund still reach me?
        Could the money go to a different account than the one I paid from?
        Can you pay it back in another way than I paid?
        I no longer use that PayPal account, please refund to my bank.
        The card I paid with was replaced, what happens to my refund?
        """,
    "price_drop": """
        I see that the {p} is on sale now. I paid full price [on {d}|three days ago], order {o}.
        Annoying: I ordered {o} on {d} and today the {p} costs {a} less.
        Had I waited two days, I would have paid {a} less. Can I get that back?
        You've just cut the price of what I bought. Will you pay me the rest back?
        I bought it for full price and now you sell it for less.
        The {p} from {o} was made cheaper right after I bought it.
        """,
    "pay_methods": """
        Can I split the {a} over several months?
        Is PayPal possible [with you|]?
        I have no credit card. How else can I pay?
        Could I pay after I get the goods?
        Do you let people pay a {p} off bit by bit?
        Is buying on invoice possible?
        Which cards do you take?
        What are the options for paying?
        I'd like to pay later, is that an option?
        """,
    "payment_failed": """
        At the last step of the order it says that the payment is not possible.
        I wanted to buy a {p} but the payment did not go through.
        The shop won't take my money, it always goes back to the basket.
        Every card I try is refused.
        Why can't I pay with my card? It works everywhere else.
        I'm stuck at the payment step.
        The order breaks off when I click on pay.
        """,
    "double_charge": """
        There are two debits of {a} from you on my account. I ordered once, {o}.
        My bank shows the same {a} two times on the same day.
        I see your charge for {o} twice on my card.
        Why has {a} been taken off my account a second time?
        You've billed me double.
        PayPal charged me twice for the {p}.
        The money for {o} was withdrawn two times, I want one back.
        """,
    "invoice_copy": """
        My accountant asks for the bill of {o}. Could you send it?
        I need the bill for my insurance, order {o}.
        The invoice got lost, could I have it again?
        Is there a way to print the receipt once more?
        Can you mail me the bill for the {p} I bought?
        I can't find the invoice for {o} anywhere.
        Where can I download the bill?
        """,
    "invoice_change": """
        The bill for {o} was made out to me, but my company has to pay it. Can you change that?
        Please write the bill of {o} to our association.
        There's a typo in the address on my invoice.
        We need the tax number on the invoice of {o}, please issue it again.
        Can the name on the bill be corrected?
        The invoice should show a different address than the delivery.
        """,
    "reminder": """
        I've paid long ago and now there's a reminder in my letterbox.
        Why am I getting a reminder? The money for {o} left my account on {d}.
        Now you even threaten with a debt collector, but I paid {a} on {d}!
        A reminder for {o} came today, I have the receipt for the transfer.
        Your reminder must be a mistake, I've paid everything.
        You want {a} from me that I've already paid.
        I keep getting payment reminders for something I paid.
        """,
    "damaged": """
        The zip of the new {p} was stuck and torn when I opened the parcel. Order {o}.
        Just opened the parcel: the {p} has a big scratch.
        The {p} from {o} came with a broken buckle, I'd like another one.
        Something must have happened on the way, the {p} is bent.
        Brand new and already broken! {o}
        My {p} doesn't work, it came like that.
        I got {o} yesterday and a seam of the {p} is open.
        The {p} has a tear, I haven't even used it.
        The {p} leaks, I only got it [on {d}|yesterday]. I want a new one or my money back.
        The glass was cracked when it arrived.
        It came out of the box with a fault.
        """,
    "wrong_item": """
        I opened the box and there's a {p} in it that I didn't order.
        This isn't what I ordered! I wanted a {p}. Order {o}.
        {o}: you packed the wrong thing.
        I should have got a {p}, but there is something completely different in the parcel.
        The parcel {o} was for somebody else, wrong name on the slip.
        Wrong article in the box, please send the right one.
        You delivered the {p} in a size I never chose.
        """,
    "missing_item": """
        I unpacked {o} and the {p} isn't in it.
        Two things ordered, one thing received. {o}
        The [screws|pegs|poles|cover|instructions] of my {p} [are|were] not in the box.
        You forgot to pack the {p}.
        I've searched the whole box, the {p} is not there.
        Only half of what I paid for has come, order {o}.
        The slip lists the {p}, the box does not contain it.
        """,
    "warranty": """
        I've had the {p} for [a year|nine months|a year and a half] and the [seam|zip|sole|buckle] is coming apart. Is that a warranty case?
        After one season my {p} is falling to pieces. What can you do?
        My {p} gave up after [five months|a year], shouldn't it last longer?
        For how many years do you guarantee the {p}?
        I paid {a} for the {p} and it broke within a year.
        The {p} isn't even two years old and the [zip|strap|lining] is done for.
        Do I still have a guarantee on a {p} from last year?
        The stitching on my {p} is loosening after a few months of normal use.
        """,
    "repair_service": """
        My old {p} has a rip. Can your workshop do something about it, and what would it cost?
        I don't want to throw my {p} away. Is there someone who can fix it?
        The {p} I've had for [six|nine|twelve] years has a broken zip, can that be replaced?
        Could you patch a hole in a {p}?
        What would it cost to have a {p} mended and how long does it take?
        I fell and ripped my {p}. Do you sew such things?
        Mice have eaten a hole in my {p}, can you mend it?
        """,
    "resole": """
        My favourite boots are fine except for the soles. Can you put new ones on?
        How long does resoling take and what do I pay?
        The tread of my mountain boots is completely flat, can they be resoled?
        I don't want new boots, just new soles.
        Can climbing shoes get a new sole at your place?
        """,
    "care": """
        My {p} soaks up water now. Is there something I can do myself?
        What is the best way to get mud out of my {p}?
        How should I look after my {p} so that it lasts?
        I want to wash my {p} without ruining it.
        Is softener bad for my {p}?
        The coating of the {p} seems worn, how do I refresh it?
        Can I iron my {p}?
        """,
    "size_advice": """
        In normal shoes I have [38|40|43|45]. Which size should I order in hiking boots?
        I usually take [M|L|S]. Would that be right for the {p}?
        I'm [178|164|186] and weigh [70|60|85] kilos. Which size?
        Do your boots come out small?
        How do I find out my size for the {p}?
        Should I take walking boots a bit bigger?
        """,
    "availability": """
        For weeks I've wanted the {p}, but it can't be ordered. Will it come back?
        The {p} is greyed out in the shop, when does it return?
        Is there going to be a new delivery of the {p}?
        I'd buy the {p} at once, but it's sold out everywhere.
        My size is gone. Will there be more of the {p}?
        Can you tell me when the {p} is back?
        Will the {p} ever be in stock again?
        """,
    "stock_in_store": """
        I'd like to try the {p} on before buying. Is it in your shop in {c}?
        Is it worth driving to {c} for the {p}, do they have it?
        Does your branch in {c} carry the {p}?
        Could you tell me which branch has the {p} there to look at?
        I want to buy the {p} today in {c}, is one in stock?
        """,
    "waterproof": """
        Would the {p} survive a week of rain in Scotland?
        Can I rely on the {p} when it pours all day?
        Does water get through the {p}?
        How much rain can the {p} take?
        I need to know if the {p} really keeps water out.
        """,
    "recommend": """
        I'm planning my first long hike and have no idea which {p} is right.
        Which {p} would be good for [the Alps|Norway|the Camino|winter]?
        Can you advise me? I need a {p} for my [son|daughter|wife].
        There's so much choice, which {p} is best?
        We want to start camping. What should we buy?
        I'm looking for a present for a hiker, any ideas?
        """,
    "second_hand": """
        I have an old {p} in good shape, would you take it and what do I get?
        Can I bring you things I no longer need?
        Somebody told me that you take used gear, how does that work?
        I've grown out of my {p}. Is there a way to sell it through you?
        Could I give you my used {p} and get a voucher?
        """,
    "password": """
        The site says wrong password all the time, though I'm sure it's right.
        I can't sign in any longer, what can I do?
        I've tried to log in ten times without success.
        Could you reset my access?
        No mail comes when I click on reset.
        I don't remember my login.
        My account does not let me in.
        """,
    "change_email": """
        I no longer have access to my old mailbox. How do I put in a new address?
        My e-mail has changed after my wedding. Where can I enter the new one?
        Can my account be moved to my new e-mail?
        I'd like to get your mails at another address from now on.
        Please replace my e-mail with a new one.
        """,
    "newsletter_stop": """
        Your mails fill my inbox, please stop it.
        I get advertising from you every day, I want off the list.
        How can I get rid of the newsletter?
        I'd like to receive no more news from you.
        Another newsletter today, I've had enough, take me out.
        Please don't write me any advertising.
        """,
    "points": """
        I've saved up [400|650|150|1200] points, what can I do with them?
        Is it worth collecting points with you?
        Do points run out at some time?
        What discount do I get for my points?
        I don't understand how the bonus points work.
        How many euros are my points?
        """,
    "points_missing": """
        I bought something for {a} and no points have come, order {o}.
        My account still shows the old number of points.
        Why weren't my points booked for {o}?
        I should have got points for my {p}, but there are none.
        When are the points from {o} added?
        """,
    "delete_account": """
        I want out: delete my account with all data.
        How can I get my customer account closed?
        I no longer shop with you, so please wipe my data.
        Please take my profile off your system.
        I wish to have my user account removed.
        """,
    "data_copy": """
        I'd like to know everything you have saved about me.
        By law you must tell me what data you hold. Please do.
        Please send me in writing what you've stored about me.
        Show me all information you have on me.
        Which personal details of mine are in your system?
        """,
    "opening_hours": """
        I'd like to drop by on [Saturday|Friday evening|Monday]. Are you open then?
        Until what time can I shop in {c} on Saturday?
        Is your shop in {c} open [late|in the evening|on Sundays]?
        From when are you open in the morning?
        Is anyone in the store at [8|9 am|18:30|half past six]?
        Are you there on Saturdays [in {c}|]?
        What hours do you keep in {c}?
        """,
    "store_where": """
        I live near {c}. Is there a branch of yours around?
        How do I get to your shop?
        Is there any Fernweg shop in {c} or close by?
        Do you have shops where I can touch things?
        Which is the closest store to {c}?
        """,
    "click_collect": """
        Can I order on the web and pick it up myself?
        I'd rather fetch my parcel in {c} than wait at home.
        May my husband collect the order for me?
        How long will my order wait for me in the shop?
        What does it cost to have it sent to the store?
        """,
    "rental": """
        We only go camping once a year. Can we rent a {p} from you?
        Could I borrow a {p} for [the weekend|ten days] instead of buying it?
        What do you charge for renting a {p}?
        Can one hire via ferrata gear at your place?
        I'd like to rent instead of buy. How does it work?
        """,
    "ski_service": """
        Can you get my skis ready for winter?
        My skis are blunt. What do you charge for sharpening?
        I'd like to have two pairs of skis waxed.
        When do you start with ski service, and what's the price?
        My snowboard needs new wax and edges.
        """,
    "lost_property": """
        I was in your {c} shop on {d} and must have left my [glasses|umbrella|phone|gloves] there.
        My [daughter|husband] lost a [glove|bag|watch] in the {c} store. Was it found?
        I think I put my [keys|purse|hat] down by the shoes and forgot them.
        Has anyone handed in a [camera|ring|jumper]?
        I can't find my [scarf|wallet], could it be in your shop?
        """,
    "gift_card": """
        I've had a gift voucher at home for [two years|a long time]. Is it still good?
        Can I buy a voucher for {a} online?
        I need a present quickly, do you have vouchers by mail?
        Does my gift card run out?
        Is a voucher good for the shop in {c} as well as online?
        Which amounts can gift cards have?
        """,
    "code_fails": """
        I typed in {v} and it says not valid.
        At the checkout {v} brings nothing.
        Your newsletter had the code {v}, but it isn't taken.
        There's an error when I enter my code [{v}|].
        I've got a voucher {v} and the shop doesn't want it.
        Can't get the code {v} to work, what am I doing wrong?
        """,
    "code_forgotten": """
        Silly me, I ordered {o} without putting in {v}. Can you still take it off?
        I only noticed after paying that I forgot the code {v}.
        Could the discount {v} be taken off the price of {o} now?
        My code {v} was not entered, please refund the difference on {o}.
        I've already ordered, but want to use my voucher for it.
        """,
    "voucher_cash": """
        I'd rather have the money than the gift card. Is that possible?
        Can the rest of my voucher be given to me in cash?
        I got a voucher as a present but want cash instead.
        Could you put the value of my gift card on my bank account?
        Will you buy back my voucher {v}?
        """,
    "discount": """
        I'm a [teacher|student|soldier|nurse|pensioner]. Is there a reduced price?
        Could you do anything about the price if I buy [two|several] things?
        As a loyal customer I hoped for a little discount on the {p}.
        Do you have a coupon for me?
        Could you let me have the {p} for {a}?
        Is there anything off for club members?
        A bit cheaper, maybe?
        """,
    "price_match": """
        At another shop the {p} is only {a}. Would you go along with that?
        I've found the same {p} for {a} somewhere else.
        Your competitor is cheaper by {a}. What do you say?
        I'd like to buy from you, but elsewhere the {p} costs less. Can you match?
        Do you go down with the price if I find it for less?
        """,
    "job": """
        I'm [17|15|22] and have to do a placement for school. Could I do it with you [in {c}|]?
        I've worked in an outdoor shop before and am looking for a new job.
        Is there work for me in your {c} store?
        Do you take trainees?
        My son is looking for a holiday job, do you need anyone?
        How do I become part of the team?
        """,
    "sponsoring": """
        We're planning a big [expedition|bike tour|film] and look for partners who give us equipment.
        Our school is having a run for charity, would you give prizes?
        I run a channel about hiking. Would you send me a {p} to review?
        Could you lend us gear for free if we show your logo?
        We're a small club and ask for your support.
        """,
    "route_tips": """
        Is there still snow on the passes [in June|on {d}]?
        What's the weather going to be like in the mountains?
        We want to walk across the Alps. Which way is best?
        Is the path to the hut safe with kids?
        Do you know a nice walk near {c}?
        How hard is the climb to the summit?
        """,
    "praise": """
        We just came back from [Norway|Iceland|the Alps] and your {p} was brilliant. Thank you!
        I only wanted to say thank you, everything went well.
        The lady in your {c} store gave me wonderful advice.
        Such a good {p}, I'd buy it again.
        Thumbs up for your fast help with {o}!
        You made my day, thanks.
        """,
    "staff_complaint": """
        I asked a question in your {c} shop and the salesman just walked away.
        I've never been treated so badly as by your cashier [in {c}|].
        A colleague of yours shouted at me on {d}.
        Your people in {c} talked on the phone and let me stand there.
        I must complain about the way your staff spoke to me.
        The young woman in the shoe department was anything but polite.
        """,
    "human": """
        Writing is hard for me, could somebody ring me up?
        Could I have a call from one of your people?
        Is there a real person I can talk to?
        I'd like to explain it on the telephone.
        Under which number can I reach you?
        Please have someone call me, [mornings|evenings|any time] would be good.
        """,
    "unclear": """
        I don't know whom to ask, but something's strange with my last purchase.
        There's something I wanted to ask you.
        Could you have a look at it?
        It still isn't right.
        Are you there?
        I wrote to you because of the thing.
        Anybody there? I need an answer.
        What should I do now?
        """,
}
