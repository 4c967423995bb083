"""Trains a softmax regression with TensorFlow and saves it as a SavedModel: data, model folder, answers."""

import json
import sys

import tensorflow as tf

data, folder, answers = sys.argv[1:]
with open(data) as file:
    samples = json.load(file)


class Digits(tf.Module):
    def __init__(self):
        self.weights = tf.Variable(tf.zeros([64, 10]))
        self.bias = tf.Variable(tf.zeros([10]))

    @tf.function(input_signature=[tf.TensorSpec([None, 64], tf.float32, name="pictures")])
    def classify(self, pictures):
        scores = tf.matmul(pictures / 16, self.weights) + self.bias
        return {"scores": scores, "digits": tf.argmax(scores, axis=1)}


model = Digits()
pictures, digits = tf.constant(samples["pictures"], tf.float32), tf.constant(samples["digits"])
for _ in range(100):
    with tf.GradientTape() as tape:
        scores = model.classify(pictures)["scores"]
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(digits, scores))
    for variable, gradient in zip(model.trainable_variables, tape.gradient(loss, model.trainable_variables)):
        variable.assign_sub(gradient)
tf.saved_model.save(model, folder, signatures={"serving_default": model.classify})
with open(answers, "w") as file:
    json.dump({name: value.numpy().tolist() for name, value in model.classify(pictures[:5]).items()}, file)
