package s3blob

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"easel/shared/job"
)

// maxDelete is how many keys S3 takes in one call.
const maxDelete = 1000

// The metadata of a picture. S3 stores them as x-amz-meta-*; size and type it knows by itself.
const (
	metaWidth  = "width"
	metaHeight = "height"
	metaSeed   = "seed"
	metaSHA256 = "sha256"
	metaModel  = "model"
)

// putPicture puts if the key is free. The body can be read again, for the checksum and for the SDK's retries.
func putPicture(bucket, key string, data []byte, info job.ImageInfo) *s3.PutObjectInput {
	return &s3.PutObjectInput{
		Bucket: &bucket, Key: &key, Body: bytes.NewReader(data), ContentType: &info.ContentType, IfNoneMatch: aws.String("*"),
		Metadata: map[string]string{
			metaWidth:  strconv.Itoa(info.Width),
			metaHeight: strconv.Itoa(info.Height),
			metaSeed:   strconv.FormatInt(info.Seed, 10),
			metaSHA256: info.SHA256,
			metaModel:  info.Model,
		},
	}
}

func putInput(bucket, key string, data []byte) *s3.PutObjectInput {
	return &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: bytes.NewReader(data)}
}

// deletion asks for the keys that failed and no others.
func deletion(bucket string, keys []string) *s3.DeleteObjectsInput {
	objects := make([]types.ObjectIdentifier, len(keys))
	for i := range keys {
		objects[i].Key = &keys[i]
	}
	return &s3.DeleteObjectsInput{Bucket: &bucket, Delete: &types.Delete{Objects: objects, Quiet: aws.Bool(true)}}
}

// describe reads a picture's metadata.
func describe(head *s3.HeadObjectOutput) (job.ImageInfo, error) {
	meta := head.Metadata
	width, errWidth := strconv.Atoi(meta[metaWidth])
	height, errHeight := strconv.Atoi(meta[metaHeight])
	seed, errSeed := strconv.ParseInt(meta[metaSeed], 10, 64)
	if err := errors.Join(errWidth, errHeight, errSeed); err != nil {
		return job.ImageInfo{}, fmt.Errorf("not the metadata of a picture: %w", err)
	}
	return job.ImageInfo{
		ContentType: aws.ToString(head.ContentType), Width: width, Height: height, SizeBytes: aws.ToInt64(head.ContentLength),
		SHA256: meta[metaSHA256], Seed: seed, Model: meta[metaModel],
	}, nil
}
