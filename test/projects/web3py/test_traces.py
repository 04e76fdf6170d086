"""w3.tracing and w3.geth.debug."""

import unittest

from node import ALICE, BOB, SUPPLY, NodeTest


class TraceTest(NodeTest):
    def setUp(self):
        super().setUp()
        self.token = self.deploy_token()
        self.call = self.token.functions.transfer(BOB.address, 8)
        self.receipt = self.mined(self.call.transact({"from": ALICE.address}))

    def test_tracing(self):
        tracing = self.w3.tracing
        [trace] = tracing.trace_transaction(self.receipt.transactionHash)
        self.assertEqual([trace.type, trace.action.to], ["call", self.token.address])
        self.assertEqual(tracing.trace_block(2)[0], trace)
        created, found = tracing.trace_filter({"fromBlock": 1, "toBlock": 2, "toAddress": [self.token.address]})
        self.assertEqual([created.type, found], ["create", trace])
        replayed = tracing.trace_replay_transaction(self.receipt.transactionHash, ["trace", "stateDiff", "vmTrace"])
        self.assertIn(ALICE.address.lower(), replayed.stateDiff)
        self.assertEqual(len(tracing.trace_replay_block_transactions(2)), 1)

    def test_tracing_of_what_is_not_sent(self):
        order = self.call.build_transaction({"from": ALICE.address, "gas": 100_000})
        expected = (1).to_bytes(32, "big")
        self.assertEqual(self.w3.tracing.trace_call(order).output, expected)
        signed = ALICE.sign_transaction({**order, "nonce": 2})
        raw = self.w3.tracing.trace_raw_transaction(signed.raw_transaction.to_0x_hex(), ["trace", "stateDiff"])
        self.assertEqual(raw.output, expected)
        self.assertIn(self.token.address.lower(), raw.stateDiff)
        self.assertEqual(self.token.functions.balanceOf(ALICE.address).call(), SUPPLY - 8)

    def test_debug(self):
        debug = self.w3.geth.debug
        steps = debug.trace_transaction(self.receipt.transactionHash)
        self.assertEqual([steps.failed, steps.gas], [False, self.receipt.gasUsed])
        self.assertIn("SSTORE", {step.op for step in steps.structLogs})
        calls = debug.trace_transaction(self.receipt.transactionHash, {"tracer": "callTracer"})
        self.assertEqual([calls.type, calls.to], ["CALL", self.token.address])
        state = debug.trace_transaction(self.receipt.transactionHash, {"tracer": "prestateTracer"})
        self.assertIn(self.token.address, {self.w3.to_checksum_address(each) for each in state})
        call = {"from": ALICE.address, "to": self.token.address, "data": self.call._encode_transaction_data()}
        traced = self.w3.manager.request_blocking("debug_traceCall", [call, "latest", {"tracer": "callTracer"}])
        self.assertEqual(traced["type"], "CALL")
        block = self.w3.manager.request_blocking("debug_traceBlockByNumber", ["0x2", {"tracer": "noopTracer"}])
        self.assertEqual(len(block), 1)


if __name__ == "__main__":
    unittest.main()
