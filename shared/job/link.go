package job

import "time"

// Link is a presigned URL.
type Link struct {
	URL     string
	Expires time.Time // an upper bound: it may die earlier with its signer's credentials

	Thumbnail string // the URL of a smaller form; empty: there is none
}

// UsualLink is how long an address of a picture holds where nothing else was asked.
const UsualLink = 15 * time.Minute
