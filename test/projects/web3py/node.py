"""The node that the tests ask, and what they need of it."""

import json
import os
import unittest

from eth_account import Account
from web3 import AsyncWeb3, HTTPProvider, Web3, WebSocketProvider

URL = os.environ["PAVM_URL"]
WS_URL = URL.replace("http", "ws", 1)
# Contracts by name, with `abi` and `bytecode`.
ARTIFACTS = json.loads(os.environ["PAVM_ARTIFACTS"])

ALICE = Account.from_key("0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80")
BOB = Account.from_key("0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d")
SUPPLY = 1_000


def over_websocket():
    """To be used with `async with`."""
    return AsyncWeb3(WebSocketProvider(WS_URL))


class NodeTest(unittest.TestCase):
    """Each test begins on a new chain."""

    def setUp(self):
        self.w3 = Web3(HTTPProvider(URL))
        self.ask("anvil_reset")

    def ask(self, method, *params):
        """Any method of the node, as it answers."""
        answer = self.w3.provider.make_request(method, list(params))
        self.assertNotIn("error", answer, answer)
        return answer["result"]

    def mined(self, transaction_hash):
        receipt = self.w3.eth.wait_for_transaction_receipt(transaction_hash, timeout=20)
        self.assertEqual(receipt.status, 1)
        return receipt

    def deploy_token(self):
        factory = self.w3.eth.contract(**ARTIFACTS["Token"])
        sent = factory.constructor("Example", "EXM", SUPPLY).transact({"from": ALICE.address})
        return self.w3.eth.contract(address=self.mined(sent).contractAddress, abi=ARTIFACTS["Token"]["abi"])
