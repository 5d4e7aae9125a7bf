package payload

import (
	"math"
	"strconv"
	"strings"
)

// halfValue gives the value of a half-precision float (RFC 8949 Appendix D).
func halfValue(bits uint16) float64 {
	exponent, mantissa := int(bits>>10&31), float64(bits&0x3ff)
	var v float64
	switch exponent {
	case 0:
		v = math.Ldexp(mantissa, -24)
	case 31:
		if mantissa != 0 {
			return math.NaN()
		}
		v = math.Inf(1)
	default:
		v = math.Ldexp(mantissa+1024, exponent-25)
	}
	if bits&0x8000 != 0 {
		return -v
	}
	return v
}

// halfBits gives the half-precision float of that value, if there is one.
func halfBits(v float64) (uint16, bool) {
	var sign uint16
	if math.Signbit(v) {
		sign, v = 0x8000, -v
	}
	switch {
	case math.IsNaN(v):
		return 0x7e00, true
	case math.IsInf(v, 1):
		return sign | 0x7c00, true
	case v == 0:
		return sign, true
	case v > 65504:
		return 0, false
	}
	scaled := math.Ldexp(v, 24) // a multiple of the least subnormal
	if scaled < 1024 {
		return sign | uint16(scaled), scaled == math.Trunc(scaled)
	}
	fraction, exponent := math.Frexp(v) // v = fraction * 2^exponent, fraction in [0.5, 1)
	mantissa := fraction*2048 - 1024
	return sign | uint16(exponent+14)<<10 | uint16(mantissa), mantissa == math.Trunc(mantissa)
}

// floatWidth gives the additional information of the shortest float of that value (RFC 8949 §4.1).
func floatWidth(v float64) int {
	if _, ok := halfBits(v); ok {
		return 25
	}
	if float64(float32(v)) == v {
		return 26
	}
	return 27
}

// formatFloat writes a float as RFC 8949 Appendix A does: always with a point, with an exponent where the
// number would be long.
func formatFloat(v float64) string {
	switch {
	case math.IsNaN(v):
		return "NaN"
	case math.IsInf(v, 1):
		return "Infinity"
	case math.IsInf(v, -1):
		return "-Infinity"
	case v == 0 && math.Signbit(v):
		return "-0.0"
	}
	if a := math.Abs(v); a != 0 && (a < 1e-6 || a >= 1e21) {
		mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(v, 'e', -1, 64), "e")
		if !strings.Contains(mantissa, ".") {
			mantissa += ".0"
		}
		digits := strings.TrimLeft(exponent[1:], "0")
		return mantissa + "e" + exponent[:1] + digits
	}
	s := strconv.FormatFloat(v, 'f', -1, 64)
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return s
}
