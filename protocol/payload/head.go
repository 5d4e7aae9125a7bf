package payload

import (
	"fmt"
	"math"
)

// Major types (RFC 8949 §3.1).
const (
	majorUnsigned = iota
	majorNegative
	majorBytes
	majorText
	majorArray
	majorMap
	majorTag
	majorSimple
)

const (
	indefinite     = 31     // additional information of items of indefinite length, and of break
	maxCBORNesting = 10_000 // levels that are followed to find the end of an item
	breakByte      = 0xff
)

// head is the initial byte of a data item with its argument (RFC 8949 §3).
type head struct {
	start, end int
	major      byte
	info       byte // additional information: 24 to 27 where the argument stands in 1, 2, 4, 8 bytes
	argument   uint64
}

func readHead(data []byte, pos int) (head, *SyntaxError) {
	if pos >= len(data) {
		return head{}, &SyntaxError{len(data), "expected a data item, not the end", "RFC 8949 §3", true}
	}
	h := head{start: pos, end: pos + 1, major: data[pos] >> 5, info: data[pos] & 31}
	switch {
	case h.info < 24:
		h.argument = uint64(h.info)
	case h.info < 28:
		n := 1 << (h.info - 24)
		if len(data)-h.end < n {
			return h, &SyntaxError{len(data), fmt.Sprintf("the argument of the item at byte %d is cut off: %d bytes expected", pos, n), "RFC 8949 §3", true}
		}
		for _, c := range data[h.end : h.end+n] {
			h.argument = h.argument<<8 | uint64(c)
		}
		h.end += n
		if h.major == majorSimple && h.info == 24 && h.argument < 32 {
			return h, &SyntaxError{pos, fmt.Sprintf("simple value %d must not stand in two bytes", h.argument), "RFC 8949 §3.3", false}
		}
	case h.info < indefinite:
		return h, &SyntaxError{pos, fmt.Sprintf("additional information %d is reserved", h.info), "RFC 8949 §3", false}
	default:
		switch h.major {
		case majorUnsigned, majorNegative, majorTag:
			return h, &SyntaxError{pos, fmt.Sprintf("major type %d has no indefinite length", h.major), "RFC 8949 §3.2", false}
		}
	}
	if (h.major == majorBytes || h.major == majorText) && h.info != indefinite && h.argument > uint64(len(data)-h.end) {
		return h, &SyntaxError{pos, fmt.Sprintf("the string of %d bytes is cut off after %d", h.argument, len(data)-h.end), "RFC 8949 §3.1", true}
	}
	return h, nil
}

// indicator gives the encoding indicator, such as "_1", of an argument that is longer than it needs
// to be (RFC 8949 §8.1).
func (h head) indicator() string {
	if h.info < 24 || h.info > 27 {
		return ""
	}
	if shortest(h.argument) < int(h.info) {
		return string([]byte{'_', '0' + h.info - 24})
	}
	return ""
}

// shortest gives the least additional information that holds the argument; below 24 it is the argument.
func shortest(argument uint64) int {
	switch {
	case argument < 24:
		return int(argument)
	case argument <= math.MaxUint8:
		return 24
	case argument <= math.MaxUint16:
		return 25
	case argument <= math.MaxUint32:
		return 26
	}
	return 27
}

// open is an item whose content is being passed over.
type open struct {
	left    uint64 // items still to come, where the length is definite
	endless bool   // until a break
	major   byte
	odd     bool // a map of indefinite length that has a key without value so far
}

// skipItem gives the end of the data item at pos. It does not recurse.
func skipItem(data []byte, pos int) (end int, err *SyntaxError) {
	stack := make([]open, 0, 16) // seldom more, and then it is on no heap
	for {
		// Containers that are complete end here.
		for len(stack) > 0 && !stack[len(stack)-1].endless && stack[len(stack)-1].left == 0 {
			stack = stack[:len(stack)-1]
			if len(stack) == 0 {
				return pos, nil
			}
		}
		h, err := readHead(data, pos)
		if err != nil {
			return pos, err
		}
		if len(stack) > 0 {
			top := &stack[len(stack)-1]
			if h.major == majorSimple && h.info == indefinite {
				if err := breakFits(top.endless, top.odd, pos); err != nil {
					return pos, err
				}
				stack = stack[:len(stack)-1]
				pos = h.end
				if len(stack) == 0 {
					return pos, nil
				}
				continue
			}
			if top.endless {
				top.odd = top.major == majorMap && !top.odd
				if err := chunkFits(top.major, h); err != nil {
					return pos, err
				}
			} else {
				top.left--
			}
		}
		pos = h.end
		next := open{major: h.major, endless: h.info == indefinite}
		switch h.major {
		case majorBytes, majorText:
			if !next.endless {
				pos += int(h.argument)
			}
		case majorArray:
			next.left = h.argument
		case majorMap:
			if h.argument > math.MaxUint64/2 {
				return pos, &SyntaxError{h.start, "the map is larger than the payload", "RFC 8949 §3.1", false}
			}
			next.left = 2 * h.argument
		case majorTag:
			next.left = 1
		case majorSimple:
			if next.endless {
				return pos, breakFits(false, false, h.start)
			}
		}
		if next.endless || next.left > 0 {
			if len(stack) == maxCBORNesting {
				return pos, &SyntaxError{h.start, fmt.Sprintf("nested deeper than %d levels; not followed", maxCBORNesting), nestingClause, false}
			}
			stack = append(stack, next)
		} else if len(stack) == 0 {
			return pos, nil
		}
	}
}

func breakFits(endless, odd bool, pos int) *SyntaxError {
	switch {
	case !endless:
		return &SyntaxError{pos, "break outside an item of indefinite length", "RFC 8949 §3.2.1", false}
	case odd:
		return &SyntaxError{pos, "break after a key that has no value", "RFC 8949 §3.2.2", false}
	}
	return nil
}

// chunkFits checks that a string of indefinite length has chunks of its own type and of definite length.
func chunkFits(major byte, h head) *SyntaxError {
	if (major == majorBytes || major == majorText) && (h.major != major || h.info == indefinite) {
		return &SyntaxError{h.start, "a chunk of a string has to be a string of the same type and of definite length", "RFC 8949 §3.2.3", false}
	}
	return nil
}
