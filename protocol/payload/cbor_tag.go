package payload

import (
	"encoding/hex"
	"math"
	"net/netip"
	"strconv"
	"time"
)

const tagEncoded = 24 // a byte string with CBOR in it (RFC 8949 §3.4.5.1)

// tagNames names tags whose content does not say what it is.
var tagNames = map[uint64]string{
	16: "COSE_Encrypt0", 17: "COSE_Mac0", 18: "COSE_Sign1", 96: "COSE_Encrypt", 97: "COSE_Mac", 98: "COSE_Sign",
	61: "CWT", 63: "CBOR sequence", 258: "set", 55799: "self-described CBOR",
}

// tagMeaning says in a few words what a tag makes of its content: a date, a number, an address. It is empty where the
// content is as clear. The data ends with the item.
func tagMeaning(h head, data []byte) string {
	c, err := readHead(data, h.end)
	if err != nil {
		return ""
	}
	var content []byte
	if c.major == majorBytes && c.info != indefinite {
		content = data[c.end:]
	}
	switch h.argument {
	case 1: // RFC 8949 §3.4.2
		if seconds, ok := cborNumber(data, h.end); ok {
			return epoch(seconds)
		}
	case 4, 5: // RFC 8949 §3.4.4
		if v, _, ok := fraction(data, h); ok {
			return strconv.FormatFloat(v, 'g', -1, 64)
		}
	case 37: // RFC 9562
		if len(content) == 16 {
			s := hex.EncodeToString(content)
			return s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
		}
	case 52, 54: // RFC 9164
		want := 4
		if h.argument == 54 {
			want = 16
		}
		if a, ok := netip.AddrFromSlice(content); ok && len(content) == want {
			return a.String()
		}
	case 100: // RFC 8943
		if days, ok := cborNumber(data, h.end); ok && days == math.Trunc(days) && math.Abs(days) < 1e6 {
			return time.Unix(0, 0).UTC().AddDate(0, 0, int(days)).Format(time.DateOnly)
		}
	}
	return tagNames[h.argument]
}

// cborNumber gives the value of an integer or a float.
func cborNumber(data []byte, pos int) (float64, bool) {
	n, end := cborNode(data, pos, maxTreeDepth, false)
	return n.value, end >= 0 && n.kind == numberNode
}

// epoch gives the date of seconds since 1970, within the years that dates are written for.
func epoch(seconds float64) string {
	if !(seconds >= -62135596800 && seconds < 253402300800) {
		return ""
	}
	whole := math.Floor(seconds)
	return time.Unix(int64(whole), int64(math.Round((seconds-whole)*1e6))*1000).UTC().Format(time.RFC3339Nano)
}
