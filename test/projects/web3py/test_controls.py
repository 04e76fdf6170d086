"""The chain in its user's hands."""

import unittest

from node import ALICE, BOB, NodeTest


class ControlsTest(NodeTest):
    def test_snapshots(self):
        snapshot = self.w3.testing.snapshot()
        self.mined(self.w3.eth.send_transaction({"from": ALICE.address, "to": BOB.address, "value": 1}))
        self.w3.testing.revert(snapshot)
        self.assertEqual(self.w3.eth.block_number, 0)
        self.assertEqual(self.w3.eth.get_balance(BOB.address), 10_000 * 10**18)

    def test_time_and_blocks(self):
        before = self.w3.eth.get_block("latest").timestamp
        self.ask("evm_increaseTime", 1_000)
        self.ask("anvil_mine", 2)
        self.assertEqual(self.w3.eth.block_number, 2)
        self.assertGreaterEqual(self.w3.eth.get_block("latest").timestamp, before + 1_000)

    def test_state_and_impersonation(self):
        whale = self.w3.to_checksum_address("0x" + "ab" * 20)
        self.ask("anvil_setBalance", whale, hex(10**18))
        self.ask("anvil_impersonateAccount", whale)
        receipt = self.mined(self.w3.eth.send_transaction({"from": whale, "to": BOB.address, "value": 5}))
        self.assertEqual(receipt["from"], whale)
        self.assertEqual(self.w3.eth.get_transaction(receipt.transactionHash)["from"], whale)
        self.ask("anvil_setCode", whale, "0x6000")
        self.assertEqual(self.w3.eth.get_code(whale).hex(), "6000")


if __name__ == "__main__":
    unittest.main()
