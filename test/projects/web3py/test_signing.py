"""Signatures of the node are those of the account; middleware that signs, and that reads other headers."""

import unittest

from eth_account import Account
from eth_account.messages import encode_defunct, encode_typed_data
from web3.middleware import ExtraDataToPOAMiddleware, SignAndSendRawMiddlewareBuilder
from web3.gas_strategies.rpc import rpc_gas_price_strategy

from node import ALICE, BOB, NodeTest

MAIL = {
    "types": {
        "EIP712Domain": [{"name": "name", "type": "string"}, {"name": "chainId", "type": "uint256"}],
        "Mail": [{"name": "to", "type": "address"}, {"name": "lines", "type": "string[]"}],
    },
    "primaryType": "Mail",
    "domain": {"name": "Post", "chainId": 31337},
    "message": {"to": BOB.address, "lines": ["a", "b"]},
}


class SigningTest(NodeTest):
    def test_messages(self):
        signed = ALICE.sign_message(encode_defunct(text="hello")).signature
        self.assertEqual(self.w3.eth.sign(ALICE.address, text="hello"), signed)
        self.assertEqual(self.ask("personal_sign", self.w3.to_hex(text="hello"), ALICE.address), signed.to_0x_hex())

    def test_typed_data(self):
        signed = ALICE.sign_message(encode_typed_data(full_message=MAIL)).signature.to_0x_hex()
        for version in ("", "_v3", "_v4"):
            self.assertEqual(self.ask(f"eth_signTypedData{version}", ALICE.address, MAIL), signed)

    def test_transactions(self):
        order = {"from": ALICE.address, "to": BOB.address, "value": 1, "gas": 21_000, "gasPrice": 10**10, "nonce": 0}
        signed = self.w3.eth.sign_transaction(order)
        self.assertEqual(Account.recover_transaction(signed.raw), ALICE.address)
        self.assertEqual(self.mined(self.w3.eth.send_raw_transaction(signed.raw))["from"], ALICE.address)


class MiddlewareTest(NodeTest):
    def test_signing_here(self):
        stranger = Account.create()
        self.mined(self.w3.eth.send_transaction({"from": ALICE.address, "to": stranger.address, "value": 10**18}))
        self.w3.middleware_onion.inject(SignAndSendRawMiddlewareBuilder.build(stranger), layer=0)
        self.w3.eth.default_account = stranger.address
        for fields in ({}, {"gasPrice": self.w3.eth.gas_price}):
            receipt = self.mined(self.w3.eth.send_transaction({"to": BOB.address, "value": 1, **fields}))
            self.assertEqual(receipt["from"], stranger.address)

    def test_extra_data(self):
        self.w3.middleware_onion.inject(ExtraDataToPOAMiddleware, layer=0)
        self.ask("evm_mine")
        self.assertIn("proofOfAuthorityData", self.w3.eth.get_block("latest"))

    def test_gas_price_strategy(self):
        self.w3.eth.set_gas_price_strategy(rpc_gas_price_strategy)
        self.assertEqual(self.w3.eth.generate_gas_price(), self.w3.eth.gas_price)
        receipt = self.mined(self.w3.eth.send_transaction({"from": ALICE.address, "to": BOB.address, "value": 1}))
        self.assertGreater(receipt.effectiveGasPrice, 0)


if __name__ == "__main__":
    unittest.main()
