"""AsyncWeb3 over WebSocket: requests, and subscriptions read in both ways that web3.py has."""

import asyncio
import unittest

from web3 import AsyncHTTPProvider, AsyncWeb3
from web3.utils.subscriptions import LogsSubscription, NewHeadsSubscription, PendingTxSubscription

from node import ALICE, ARTIFACTS, BOB, SUPPLY, URL, over_websocket

PAYMENT = {"from": ALICE.address, "to": BOB.address, "value": 1}


class WebSocketTest(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.w3 = await over_websocket()
        self.addAsyncCleanup(self.w3.provider.disconnect)
        await self.w3.provider.make_request("anvil_reset", [])

    async def deploy_token(self):
        factory = self.w3.eth.contract(**ARTIFACTS["Token"])
        sent = await factory.constructor("Example", "EXM", SUPPLY).transact({"from": ALICE.address})
        receipt = await self.w3.eth.wait_for_transaction_receipt(sent)
        return self.w3.eth.contract(address=receipt.contractAddress, abi=ARTIFACTS["Token"]["abi"])

    async def test_requests(self):
        self.assertTrue(await self.w3.is_connected())
        self.assertEqual(await self.w3.eth.chain_id, 31337)
        token = await self.deploy_token()
        self.assertEqual(await token.functions.balanceOf(ALICE.address).call(), SUPPLY)
        many = await asyncio.gather(*(self.w3.eth.get_block(0) for _ in range(50)))
        self.assertEqual({block.number for block in many}, {0})

    async def test_as_over_http(self):
        http = AsyncWeb3(AsyncHTTPProvider(URL))
        self.addAsyncCleanup(http.provider.disconnect)
        sent = await http.eth.send_transaction(PAYMENT)
        receipt = await http.eth.wait_for_transaction_receipt(sent)
        self.assertEqual(receipt, await self.w3.eth.get_transaction_receipt(sent))
        self.assertEqual(await http.geth.txpool.content(), {"pending": {}, "queued": {}})
        trace = await self.w3.geth.debug.trace_transaction(sent, {"tracer": "callTracer"})
        self.assertEqual(trace["to"], BOB.address)

    async def test_handlers(self):
        token = await self.deploy_token()
        heard = {"heads": [], "logs": [], "pending": []}

        def hear(kind):
            async def handler(context):
                heard[kind].append(context.result)
                if all(heard.values()):
                    await context.async_w3.subscription_manager.unsubscribe_all()

            return handler

        await self.w3.subscription_manager.subscribe(
            [
                NewHeadsSubscription(handler=hear("heads")),
                LogsSubscription(
                    address=token.address,
                    topics=[token.events.Transfer().topic],
                    handler=hear("logs"),
                ),
                PendingTxSubscription(full_transactions=False, handler=hear("pending")),
            ]
        )
        sent = await token.functions.transfer(BOB.address, 9).transact({"from": ALICE.address})
        await asyncio.wait_for(self.w3.subscription_manager.handle_subscriptions(), 20)
        self.assertEqual([head.number for head in heard["heads"]], [2])
        self.assertEqual(heard["pending"], [sent])
        [log] = heard["logs"]
        self.assertEqual(token.events.Transfer().process_log(log).args.value, 9)

    async def test_iteration(self):
        subscription = await self.w3.eth.subscribe("newHeads")
        await self.w3.provider.make_request("anvil_mine", [3])
        numbers = []
        async for message in self.w3.socket.process_subscriptions():
            self.assertEqual(message["subscription"], subscription)
            numbers.append(message["result"].number)
            if len(numbers) == 3:
                break
        self.assertEqual(numbers, [1, 2, 3])
        self.assertTrue(await self.w3.eth.unsubscribe(subscription))


if __name__ == "__main__":
    unittest.main()
