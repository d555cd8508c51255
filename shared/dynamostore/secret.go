package dynamostore

import (
	"context"
	"crypto/rand"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

const (
	secretKey   = "secret#cursor"
	secretValue = "secret"
	secretBytes = 32
)

// Secret returns the bytes that sign cursors, 32 by chance. They are made by the first caller and are the same for all who
// share the table.
func (s *Store) Secret(ctx context.Context) ([]byte, error) {
	out, err := s.client.GetItem(ctx, s.getItem(secretKey))
	if err != nil {
		return nil, fmt.Errorf("read the cursors' secret: %w", plain(err))
	}
	if len(out.Item) > 0 {
		return secretOf(out.Item)
	}
	made := make([]byte, secretBytes)
	rand.Read(made) // never fails
	it := key(secretKey)
	it[secretValue] = &types.AttributeValueMemberB{Value: made}
	err = s.alone(ctx, s.put(it, missing()))
	if there, failed := obstacle(err); failed {
		return secretOf(there)
	}
	if err != nil {
		return nil, fmt.Errorf("make the cursors' secret: %w", plain(err))
	}
	return made, nil
}

func secretOf(it item) ([]byte, error) {
	b, ok := it[secretValue].(*types.AttributeValueMemberB)
	if !ok || len(b.Value) != secretBytes {
		return nil, fmt.Errorf("item %s has no secret of %d bytes: delete it, and the next reader makes another", secretKey, secretBytes)
	}
	return b.Value, nil
}
