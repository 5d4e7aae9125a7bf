package payload

// containerRenderers are the views of what holds values, payloads or pictures in a form of its own. They come before
// the encodings that some of them are written in.
func containerRenderers() []renderer {
	return []renderer{
		{
			name: NameImage, claims: []string{"image/gif", "image/jpeg", "image/png"},
			sniff: sniffImage, check: checkImage, layout: layoutImage, summary: summarizeImage,
		},
		{
			name: NameParts, claims: []string{"application/multipart-core"}, within: layoutParts,
			check: checkParts, summary: summarizeParts, layout: alone(layoutParts),
		},
		{
			name:   NameCOSE,
			claims: []string{"application/cose", "application/cose-key", "application/cose-key-set", "application/cwt"},
			sniff:  sniffCOSE, check: checkCOSE, within: layoutCOSE, summary: summarizeCOSE, layout: alone(layoutCOSE),
		},
		{
			name: NameTLV, claims: []string{"application/vnd.oma.lwm2m+tlv"}, numbers: []int{oldTLV},
			check: checkTLV, summary: summarizeTLV, layout: func(_ int, data []byte) *layout { return layoutTLV(data) },
		},
	}
}

// oldTLV is the number that LwM2M TLV had before it was registered.
const oldTLV = 1542

// alone makes the view of a payload that is not within another one.
func alone(within func(n nesting, format int, data []byte) *layout) func(format int, data []byte) *layout {
	return func(format int, data []byte) *layout { return within(outermost(), format, data) }
}
