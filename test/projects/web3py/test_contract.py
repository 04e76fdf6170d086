"""Contracts: deployment, calls, events, reverts; filters of the node."""

import unittest

from web3.exceptions import ContractCustomError, ContractLogicError

from node import ALICE, ARTIFACTS, BOB, SUPPLY, NodeTest


class ContractTest(NodeTest):
    def setUp(self):
        super().setUp()
        self.token = self.deploy_token()

    def transfer(self, value):
        return self.mined(self.token.functions.transfer(BOB.address, value).transact({"from": ALICE.address}))

    def balance(self, account, block="latest"):
        return self.token.functions.balanceOf(account.address).call(block_identifier=block)

    def test_calls(self):
        self.assertEqual(self.token.functions.name().call(), "Example")
        self.transfer(30)
        self.assertEqual([self.balance(ALICE), self.balance(BOB)], [SUPPLY - 30, 30])
        self.assertEqual(self.balance(BOB, 1), 0)
        slot = "0x" + (2).to_bytes(32, "big").hex()
        override = {self.token.address: {"stateDiff": {slot: "0x" + (9).to_bytes(32, "big").hex()}}}
        self.assertEqual(self.token.functions.totalSupply().call(state_override=override), 9)

    def test_estimates(self):
        call = self.token.functions.transfer(BOB.address, 1)
        estimate = call.estimate_gas({"from": ALICE.address})
        self.assertEqual(self.transfer(1).gasUsed, estimate)
        listed = self.w3.eth.create_access_list(call.build_transaction({"from": ALICE.address, "gas": 100_000}))
        [item] = listed.accessList
        self.assertEqual([item.address, len(item.storageKeys)], [self.token.address, 2])

    def test_reverts(self):
        call = self.token.functions.transfer(ALICE.address, SUPPLY)
        selector = self.w3.keccak(text="InsufficientBalance(address,uint256,uint256)")[:4].to_0x_hex()
        for attempt in (call.call, call.estimate_gas, call.transact):
            with self.assertRaises(ContractCustomError) as caught:
                attempt({"from": BOB.address})
            self.assertTrue(caught.exception.data.startswith(selector), caught.exception.data)
        with self.assertRaises(ContractLogicError):
            self.w3.eth.call({"to": self.token.address, "data": "0x12345678"})

    def test_events(self):
        receipt = self.transfer(4)
        [event] = self.token.events.Transfer().process_receipt(receipt)
        self.assertEqual(event.args, {"from": ALICE.address, "to": BOB.address, "value": 4})
        self.transfer(5)
        logs = self.token.events.Transfer.get_logs(from_block=1, argument_filters={"to": BOB.address})
        self.assertEqual([log.args.value for log in logs], [4, 5])
        self.assertEqual([log.blockNumber for log in logs], [2, 3])
        self.assertEqual(self.w3.eth.get_logs({"blockHash": receipt.blockHash}), list(receipt.logs))

    def test_filters(self):
        blocks = self.w3.eth.filter("latest")
        pending = self.w3.eth.filter("pending")
        transfers = self.token.events.Transfer.create_filter(from_block="latest", argument_filters={"from": ALICE.address})
        receipt = self.transfer(6)
        self.assertEqual(blocks.get_new_entries(), [receipt.blockHash])
        self.assertEqual(pending.get_new_entries(), [receipt.transactionHash])
        self.assertEqual([event.args.value for event in transfers.get_new_entries()], [6])
        self.assertEqual(transfers.get_new_entries(), [])
        self.assertEqual([event.args.value for event in transfers.get_all_entries()], [6])
        for each in (blocks, pending, transfers):
            self.assertTrue(self.w3.eth.uninstall_filter(each.filter_id))
        self.assertFalse(self.w3.eth.uninstall_filter(blocks.filter_id))

    def test_batch_of_calls(self):
        with self.w3.batch_requests() as batch:
            batch.add(self.token.functions.symbol())
            batch.add(self.token.functions.balanceOf(ALICE.address))
            self.assertEqual(batch.execute(), ["EXM", SUPPLY])

    def test_artifact_is_what_is_there(self):
        self.assertTrue(ARTIFACTS["Token"]["bytecode"].endswith(self.w3.eth.get_code(self.token.address).hex()))


if __name__ == "__main__":
    unittest.main()
