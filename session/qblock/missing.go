package qblock

import "coapscope/protocol"

// missingBlocks reads the payload of a 4.08 of application/missing-blocks+cbor-seq: block numbers in
// ascending order, as a CBOR sequence of unsigned integers (RFC 9177 §5). A number that is repeated counts
// once. It is false for anything else, which a client drops silently.
func missingBlocks(payload []byte) ([]uint32, bool) {
	var nums []uint32
	for len(payload) > 0 {
		v, n := cborUint(payload)
		if n == 0 || v > protocol.MaxBlockNum {
			return nil, false
		}
		payload = payload[n:]
		switch last := len(nums) - 1; {
		case last >= 0 && uint32(v) == nums[last]:
		case last >= 0 && uint32(v) < nums[last]:
			return nil, false
		default:
			nums = append(nums, uint32(v))
		}
	}
	return nums, len(nums) > 0
}

// cborUint reads an unsigned integer (RFC 8949 §3.1) and its length, which is 0 for anything else.
func cborUint(b []byte) (v uint64, length int) {
	head := b[0]
	if head < 24 {
		return uint64(head), 1
	}
	if head > 27 {
		return 0, 0
	}
	length = 1 + 1<<(head-24)
	if len(b) < length {
		return 0, 0
	}
	for _, c := range b[1:length] {
		v = v<<8 | uint64(c)
	}
	return v, length
}
